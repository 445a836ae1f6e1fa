"""Both parts of a rendered file, as Superset uses them: its own tables, and a database that it shows."""
import os
import runpy
import sys

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

rendered = runpy.run_path(sys.argv[1])
own = create_engine(make_url(rendered["SQLALCHEMY_DATABASE_URI"]), **rendered["SQLALCHEMY_ENGINE_OPTIONS"])
shown, parameters = rendered["DB_CONNECTION_MUTATOR"](make_url(sys.argv[2]), {"poolclass": NullPool}, "admin", None, None)
other = make_url("postgresql+psycopg2://someone@elsewhere:1/else")
assert rendered["DB_CONNECTION_MUTATOR"](other, {}, "admin", None, None) == (other, {})
for engine in (own, create_engine(shown, **parameters)):
    with engine.connect() as connection:
        print(connection.execute(text(os.environ["PROBE"])).scalar())
print("POOL", '["%s"]' % type(own.pool).__name__)
