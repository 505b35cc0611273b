"""Draws what your own functions do. Matplotlib does the work; nothing here counts."""

import base64
import html
import io

import numpy as np

COLOURS = ("#0b5fa5", "#b33600", "#117733", "#882255", "#8a6100", "#595959")  # those of the book
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (1, 1)))


def show_picture(data, draw, alt, size=(7.0, 3.0)):
    """Draw ``data()`` by ``draw(figure, found)``; ``alt(found)`` says in words what is to be seen.

    While an answer is missing, a sentence says so, and nothing is drawn.
    """
    try:
        found = data()
        said = alt(found)
    except NotImplementedError as error:
        raised = error.__traceback__
        while raised.tb_next:
            raised = raised.tb_next
        missing = raised.tb_frame.f_code.co_qualname.partition(".")[0]
        print(f"The picture appears when {missing} is written.")
        return
    except FileNotFoundError as error:
        print(
            f"No picture yet: {error.filename} is not beside this notebook: download it at the end of the "
            "chapter, where the notebook is offered too, and put it into the same folder."
        )
        return
    except Exception as error:  # noqa: BLE001 - a student's function may raise anything, and is told so
        print(f"No picture yet, your function raised {type(error).__name__}: {error}")
        return
    from IPython.display import HTML, display
    from matplotlib.figure import Figure

    figure, file = Figure(figsize=size, layout="constrained"), io.BytesIO()
    draw(figure, found)
    figure.savefig(file, format="png", dpi=110, bbox_inches="tight")
    picture, said = base64.b64encode(file.getvalue()).decode(), html.escape(said)
    image = f'<img src="data:image/png;base64,{picture}" alt="{said}">'
    display(HTML(f"<figure>{image}<figcaption>{said}</figcaption></figure>"))


def draw_curves(x="", y="", title="", log="", mark="", dots=()):
    """A way to draw a dict of curves by name: each a row of heights, or a pair of rows (x, heights).

    The curves named in ``dots`` are drawn as points, without a line.
    """

    def draw(figure, found):
        axes = figure.subplots()
        for place, (name, curve) in enumerate(found.items()):
            pair = curve if isinstance(curve, tuple) else (np.arange(len(curve)), curve)
            alone = {"marker": "os^Dv*"[place % 6], "ls": "", "ms": 6} if name in dots else {}
            style = {"marker": mark, "ms": 3, "ls": DASHES[place % 6], **alone}
            axes.plot(*pair, label=name, color=COLOURS[place % 6], **style)
        axes.set(xlabel=x, ylabel=y, title=title)
        if "x" in log:
            axes.set_xscale("log")
        if "y" in log:
            axes.set_yscale("log")
        axes.legend(frameon=False, fontsize=9)

    return draw


def draw_paths(curvatures, title=""):
    """A way to draw a dict of paths by name, each of shape (n, 2), over the bowl with these curvatures."""

    def draw(figure, found):
        axes = figure.subplots()
        every = np.nan_to_num(np.concatenate([np.asarray(path, float) for path in found.values()]))
        reach = np.clip(1.1 * np.abs(every).max(axis=0), 0.1, 1e3)
        a, b = (np.linspace(-r, r, 80) for r in reach)
        axes.contour(
            a, b, curvatures[0] * a**2 + curvatures[1] * b[:, None] ** 2, 12, colors="0.8", linewidths=0.8
        )
        for place, (name, path) in enumerate(found.items()):
            axes.plot(
                *np.clip(np.transpose(path), -1e3, 1e3),
                marker=".",
                label=name,
                color=COLOURS[place % 6],
                ls=DASHES[place % 6],
            )
        axes.plot(0, 0, "k*", ms=10)
        axes.set(title=title, xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
        axes.set(xlabel="along the valley", ylabel="across it")
        axes.legend(frameon=False, fontsize=9)

    return draw


def draw_histograms(x="", y="how many", title="", bins=30):
    """A way to draw a dict of numbers by name: a histogram of each, side by side."""

    def draw(figure, found):
        for place, (axes, (name, values)) in enumerate(
            zip(np.atleast_1d(figure.subplots(1, len(found), sharey=True)), found.items(), strict=True)
        ):
            axes.hist(np.nan_to_num(np.ravel(values)), bins=bins, color=COLOURS[place % 6])
            axes.set(xlabel=x, title=name)
            axes.set_ylabel(y if place == 0 else "")
        figure.suptitle(title)

    return draw


def draw_images(title="", columns=8, colours="gray_r"):
    """A way to draw a dict of images by name, each of two axes, or a dict of lists of them, one a row."""

    def draw(figure, found):
        rows = [(name, one if isinstance(one, list) else [one]) for name, one in found.items()]
        if all(len(row) == 1 for _, row in rows):
            grid = figure.subplots(-(-len(rows) // columns), min(columns, len(rows)), squeeze=False)
            placed = list(zip(grid.flat, [(name, row[0]) for name, row in rows], strict=False))
        else:
            grid = figure.subplots(len(rows), max(len(row) for _, row in rows), squeeze=False)
            placed = [
                (axes, (name if place == 0 else "", image))
                for line, (name, row) in zip(grid, rows, strict=True)
                for place, (axes, image) in enumerate(zip(line, row, strict=False))
            ]
        for axes in grid.flat:
            axes.axis("off")
        for axes, (name, image) in placed:
            axes.imshow(np.atleast_2d(image), cmap=colours)
            axes.set_axis_on()
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_color("0.8")  # white at the border is no part of the page
            axes.set_title(name, fontsize=9, loc="left")
        figure.suptitle(title)

    return draw
