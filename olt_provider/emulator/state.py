"""The state of one emulator: database, signing key, journal, faults, variants."""

from __future__ import annotations

from pathlib import Path

from olt_provider.emulator import contract
from olt_provider.emulator.faults import Faults
from olt_provider.emulator.journal import Journal
from olt_provider.emulator.seed import Seed, load_seed
from olt_provider.emulator.store.access import Access
from olt_provider.emulator.store.applications import Applications
from olt_provider.emulator.store.database import Database
from olt_provider.emulator.store.tenants import Tenants
from olt_provider.emulator.tokens import Tokens, signing_key
from olt_provider.emulator.variants import Variant


class State:
    """The objects that all endpoints share."""

    def __init__(self, base_url: str, seed: Seed, database: Path | None = None) -> None:
        """
        :param base_url: Scheme, host and port; part of every token's issuer.
        :param seed: Loaded into a database without tenants.
        :param database: A file. Default: in memory.

        Raises ``sqlite3.Error`` for an unusable file, ``ValueError`` for an unusable seed.
        """
        self._seed = seed
        self.url = base_url + contract.BASE_PATH
        self.db = Database(database)
        try:
            self._open(seed)
        except BaseException:
            self.db.close()
            raise

    def _open(self, seed: Seed) -> None:
        self.tenants = Tenants(self.db)
        self.access = Access(self.db)
        self.applications = Applications(self.db, self.access)
        self.tokens = Tokens(signing_key(self.db), self.url + contract.REALM_PATH)
        self.journal = Journal()
        self.faults = Faults()
        self.variants: frozenset[Variant] = frozenset()
        if not self.tenants.all():
            load_seed(self, seed)

    def reset(self) -> None:
        """Restore the seed; clear faults and calls. Tokens of users stay valid."""
        self.faults.clear()
        with self.db.transaction():
            self.db.clear()
            load_seed(self, self._seed)
        self.journal.clear()

    def close(self) -> None:
        """Close the database."""
        self.db.close()
