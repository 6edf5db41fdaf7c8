#!/usr/bin/python3
"""A simple exporter, to compare with: no validation, no sync, no index, and a row that changes meanwhile is lost.

usage: python_peer.py DATABASE TREE
"""

import os
import sys

import psycopg2

PENDING = {"datamartusers": """
    SELECT t.user_id, row_to_json(t)::text FROM (
        SELECT u.*, c.contributor_type_name, c.contributor_type_name_en FROM dwh.datamartusers_export u
        LEFT JOIN dwh.contributor_types c ON c.contributor_type_id = u.id_contributor_type
        WHERE u.user_id >= 1 AND u.json_exported IS NOT TRUE) t""", "datamartcountries": """
    SELECT t.country_id, row_to_json(t)::text FROM dwh.datamartcountries t
    WHERE t.country_id >= 1 AND t.json_exported IS NOT TRUE"""}
KEYS = {"datamartusers": "user_id", "datamartcountries": "country_id"}


def directory_of(tree, table, key):
    if table == "datamartcountries":
        return f"{tree}/countries"
    return f"{tree}/users/" + "/".join(f"{key % 4096:03x}")


database, tree = sys.argv[1:]
connection = psycopg2.connect(dbname=database)
cursor = connection.cursor()
# Or a trigger of install.sql would note each mark.
cursor.execute("SET json_export.exporter = on")
for table, query in PENDING.items():
    cursor.execute(query)
    rows = cursor.fetchall()
    for key, document in rows:
        directory = directory_of(tree, table, key)
        os.makedirs(directory, exist_ok=True)
        with open(f"{directory}/{key}.json.new", "w", encoding="utf-8") as file:
            file.write(document + "\n")
        os.rename(f"{directory}/{key}.json.new", f"{directory}/{key}.json")
    cursor.execute(f"UPDATE dwh.{table} SET json_exported = true WHERE {KEYS[table]} = ANY (%s)",
                   ([key for key, _ in rows],))
connection.commit()
print(cursor.rowcount)
