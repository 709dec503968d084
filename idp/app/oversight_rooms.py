"""The rooms that follow up what officers look up."""

from dataclasses import dataclass

from idp.agencies.service import Agencies
from idp.app.ground import Ground
from idp.oversight.followup.alarms import Alarms
from idp.oversight.followup.reading import LookUps
from idp.oversight.followup.service import FollowUp
from idp.oversight.followup.stops import SoftStops
from idp.oversight.months.service import Months
from idp.oversight.watched.service import WatchedPersons


@dataclass(frozen=True, slots=True)
class OversightRooms:
    """Samples and reviews, what is noticed at once, whom the registry's owner watches over, officers who are stopped
    at their limit, and the month of an agency.
    """

    follow_up: FollowUp
    alarms: Alarms
    watched: WatchedPersons
    stops: SoftStops
    months: Months


def build_oversight_rooms(ground: Ground, *, agencies: Agencies) -> OversightRooms:
    """Put them together."""
    look_ups = LookUps(personal=ground.personal, root_keys=ground.root_keys, randomness=ground.randomness)
    follow_up = FollowUp(
        storage=ground.storage,
        personal=ground.personal,
        look_ups=look_ups,
        audit=ground.audit,
        randomness=ground.randomness,
    )
    return OversightRooms(
        follow_up=follow_up,
        stops=SoftStops(storage=ground.storage, agencies=agencies, audit=ground.audit),
        months=Months(storage=ground.storage, follow_up=follow_up, audit=ground.audit, randomness=ground.randomness),
        alarms=Alarms(storage=ground.storage, look_ups=look_ups, audit=ground.audit, randomness=ground.randomness),
        watched=WatchedPersons(
            agencies=agencies,
            blind_index=ground.blind_index,
            audit=ground.audit,
            randomness=ground.randomness,
        ),
    )
