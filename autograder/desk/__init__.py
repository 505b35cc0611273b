"""An instructor's jobs over a term, one module each; `verbs` gives each its command."""
