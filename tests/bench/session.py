"""A session with the scratch server that stays open, so that starting a client takes no part in any figure."""

import psycopg2

from patience import Alarm


class Session:
    def __init__(self, database, autocommit=True):
        # Host and user come from the environment.
        self.connection = psycopg2.connect(dbname=database, application_name="bench")
        self.connection.autocommit = autocommit
        self.cursor = self.connection.cursor()

    def run(self, sql, *values):
        """The rows of the answer; without autocommit nothing is committed yet."""
        with Alarm():
            self.cursor.execute(sql, values or None)
            return self.cursor.fetchall() if self.cursor.description else []

    def number(self, sql, *values):
        return self.run(sql, *values)[0][0]

    def commit(self):
        self.connection.commit()
