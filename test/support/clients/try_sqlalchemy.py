"""The engines of a rendered file: two connections in turn, often enough that psycopg would prepare the statement."""
import json
import os
import runpy
import sys

from sqlalchemy import text

rendered = runpy.run_path(sys.argv[1])
for name in ("engine", "read_engine"):
    if name not in rendered:
        continue
    engine = rendered[name]
    for _ in range(8):
        with engine.connect() as one, engine.connect() as other:
            for connection in (one, other):
                assert connection.execute(text("SELECT :n + 1"), {"n": 1}).scalar() == 2
                connection.commit()
    with engine.connect() as connection:
        print(connection.execute(text(os.environ["PROBE"])).scalar())
    pool = engine.pool
    print("POOL", json.dumps([type(pool).__name__, *([pool.size(), pool._max_overflow, pool._timeout, pool._recycle, pool._pre_ping] if hasattr(pool, "size") else [])]))
