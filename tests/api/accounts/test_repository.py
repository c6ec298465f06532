"""The same name is the same actor, whoever stores it first."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from api.accounts import repository as accounts
from api.actor import Actor, ActorKind
from api.db.database import Database

LI_WEI = Actor.person("Li Wei")


def test_an_actor_is_stored_once(database: Database) -> None:
    def keep(_: int) -> UUID:
        with database.write() as connection:
            return accounts.keep(connection, Actor.person("Li Wei"))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(keep, range(8))) == {LI_WEI.id}
    with database.write() as connection:
        itself = accounts.keep(connection, Actor.service("Li Wei"))
        assert accounts.by_id(connection, [LI_WEI.id, itself, None]) == {
            LI_WEI.id: LI_WEI,
            itself: Actor(itself, "Li Wei", ActorKind.SERVICE),
        }


def test_ids_never_change() -> None:
    """Rows of other versions refer to them."""
    assert str(LI_WEI.id) == "56ef8aeb-ff53-5f7b-aba0-cd066930ff1f"
