"""A connection from its variable: taken apart as Airflow does it, and by SQLAlchemy, which must find the same in it."""
import os
import sys
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg2
from sqlalchemy.engine import make_url

uri = os.environ[sys.argv[1]]
parts = urlsplit(uri)
login = {
    "host": unquote(parts.hostname or ""),
    "user": unquote(parts.username or ""),
    "password": unquote(parts.password or ""),
    "dbname": unquote(parts.path[1:]),
    "port": parts.port,
}
extra = dict(parse_qsl(parts.query, keep_blank_values=True))
url = make_url(uri)
assert [url.host, url.username, url.password, url.database, url.port] == list(login.values())
assert dict(url.query) == extra
with psycopg2.connect(**login, **extra) as connection, connection.cursor() as cursor:
    cursor.execute(os.environ["PROBE"])
    print(cursor.fetchone()[0])
