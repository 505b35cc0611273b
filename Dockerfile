# The grader in a container, for instructors: it holds solutions and hidden checks, so keep the image private.
# autograder/guide/machines.md says how to run it, and what student code's own walls need.
FROM python:3.12-slim-bookworm

RUN apt-get update \
 && apt-get install -y --no-install-recommends bubblewrap libseccomp2 git \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /course
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock

COPY pyproject.toml _config.yml _toc.yml nbgrader_config.py LICENSE README.md ./
COPY environment.yml requirements-students.txt ./
COPY assignments ./assignments
COPY autograder ./autograder
COPY book ./book
COPY solutions ./solutions
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation -e . \
 && useradd --create-home instructor \
 && mkdir -p /term /course/_build \
 && chown -R instructor /term /course/_build

USER instructor
ENV COURSE_TERM=/term PYTHONUNBUFFERED=1
VOLUME /term
ENTRYPOINT ["autograder"]
CMD ["doctor"]
