"""The smallest Typer app there is."""

import typer

app = typer.Typer()


@app.command()
def hello(name: str) -> None:
    """Say hello."""
    print(f"Hello {name}")


if __name__ == "__main__":
    app()
