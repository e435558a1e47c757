"""What gunicorn loads, once in each worker."""

from app import create_app

app = create_app()
