"""The databases of a rendered file, with a cursor of the server where Django would open one."""
import json
import os
import runpy
import sys

import django
from django.conf import settings

settings.configure(DATABASES=runpy.run_path(sys.argv[1])["DATABASES"])
django.setup()

from django.db import connections, models


class Type(models.Model):
    typname = models.CharField(primary_key=True, max_length=63)

    class Meta:
        app_label = "tried"
        managed = False
        db_table = "pg_type"


for alias in connections:
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(os.environ["PROBE"])
        print(cursor.fetchone()[0])
    pool = connection.pool
    print("POOL", json.dumps([pool.min_size, pool.max_size, pool.timeout, pool.max_lifetime] if pool else None))

# While a cursor outside any transaction is read, a pool by transaction gives its server connection to somebody else.
rows = Type.objects.iterator(chunk_size=1)
next(rows)
other = connections["default"].copy()
other.set_autocommit(False)
with other.cursor() as cursor:
    cursor.execute("SELECT 1")
assert len(list(rows)) > 100
other.rollback()
other.close()

for alias in connections:
    connections[alias].close()
    connections[alias].close_pool()
