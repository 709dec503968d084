"""Facts under which everything holds, for each way of asking; and every single thing that may be wrong with them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from connectors.fictitious.personas import COMPANY_PERSONAS
from idp.agencies.model import AccessHours, Agreement, AgreementKind, Standing
from idp.catalogue.datasets import DATASETS, PULLED
from idp.catalogue.gdx import (
    CardSessionSubject,
    CitizenRefSubject,
    GdxDetail,
    JuristicSubject,
    MandateSubject,
    SelfSubject,
    Subject,
)
from idp.catalogue.model import Basis, Channel, SubjectSource
from idp.consent.model import ConsentRecord, OnBehalf
from idp.exchange.decision.model import CounterFacts, Link, NotReady, Ready, Reason, ReleaseFacts
from idp.kernel.assurance import Aal, Acr, Ial
from idp.kernel.ids import AgencyId, AgreementId, ClientId, ConsentId, ServiceId, SubscriberId
from idp.representation.model import ActedFor, MandateId, Organisation
from tests.exchange.world import service

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # Monday, ten in the morning in Bangkok
AGENCY, CLIENT, PERSON, PURPOSE = AgencyId("agc_1"), ClientId("jobs"), SubscriberId("sub_1"), ServiceId("counter-check")
ACR = Acr(Ial.IAL2_2, Aal.AAL2_2)
COMPANY = COMPANY_PERSONAS["thongdee"].juristic_id.digits
MANDATE = MandateId("mdt_" + "0" * 26)

SUBJECTS: Mapping[SubjectSource, Subject] = {
    SubjectSource.SELF: SelfSubject(),
    SubjectSource.MANDATE: MandateSubject(MANDATE),
    SubjectSource.JURISTIC_ID: JuristicSubject(COMPANY),
    SubjectSource.CARD_SESSION: CardSessionSubject("cds_" + "0" * 26),
    SubjectSource.CITIZEN_REF: CitizenRefSubject("ctr_" + "0" * 26),
}

WAYS: Mapping[SubjectSource, tuple[Channel, frozenset[Basis]]] = {
    SubjectSource.SELF: (Channel.ONLINE, frozenset({Basis.CONSENT})),
    SubjectSource.MANDATE: (Channel.ONLINE, frozenset({Basis.CONSENT})),
    SubjectSource.JURISTIC_ID: (Channel.ONLINE, frozenset({Basis.CONSENT, Basis.DUTY, Basis.SIGNED_FORM})),
    SubjectSource.CARD_SESSION: (
        Channel.COUNTER,
        frozenset({Basis.CARD_HANDED_OVER, Basis.SIGNED_FORM, Basis.DUTY}),
    ),
    SubjectSource.CITIZEN_REF: (Channel.COUNTER, frozenset({Basis.SIGNED_FORM, Basis.DUTY})),
}
"""Who may be asked about by which channel and on which ground; the catalogue and the agreement only narrow it."""


def possible_ways() -> Iterator[tuple[str, SubjectSource, Basis]]:
    """Every way of asking that the catalogue leaves open."""
    for dataset in PULLED:
        for source, (channel, bases) in WAYS.items():
            if source in dataset.subjects and channel in dataset.channels:
                yield from ((dataset.id, source, basis) for basis in sorted(bases & dataset.bases))


def facts_for(
    dataset: str,
    source: SubjectSource,
    basis: Basis,
    *,
    channel: Channel | None = None,
    with_person: bool | None = None,
) -> ReleaseFacts:
    """Facts that speak for a release as far as they can; `with_person`: the token is a person's, with a consent."""
    subject = SUBJECTS[source]
    fields = tuple(field.name for field in DATASETS[dataset].fields if field.bases is None or basis in field.bases)
    detail = GdxDetail(
        dataset=dataset,
        subject=subject,
        purpose=PURPOSE,
        basis=basis,
        case="ทส 7/2569",
        fields=fields or DATASETS[dataset].field_names,
        formats=("json", "pdf"),
        uses=3,
        valid_until=None,
    )
    in_person = basis is Basis.CONSENT if with_person is None else with_person
    acted = _acted_for(source) if in_person else None
    return ReleaseFacts(
        request=detail,
        agency_id=AGENCY,
        client_id=CLIENT,
        subscriber_id=PERSON if in_person else None,
        wants_document=False,
        case=detail.case,
        acr=ACR if in_person else None,
        service=service(PURPOSE, AGENCY),
        agreement=_agreement(detail, channel or WAYS[source][0]),
        consent=_consent(detail, acted) if in_person else None,
        broken=frozenset(),
        released_today=0,
        released_before=0,
        acted_for=acted,
        counter=_counter(basis),
        officer_is_granted=True,
        stated=basis,
    )


def _acted_for(source: SubjectSource) -> ActedFor | None:
    match source:
        case SubjectSource.MANDATE:
            return ActedFor(actor=SubscriberId("sub_2"), mandate_id=MANDATE, organisation=None)
        case SubjectSource.JURISTIC_ID:
            return ActedFor(actor=PERSON, mandate_id=None, organisation=Organisation(COMPANY, "บริษัท", "Company"))
        case _:
            return None


def _agreement(detail: GdxDetail, channel: Channel) -> Agreement:
    return Agreement(
        id=AgreementId("agr_1"),
        agency_id=AGENCY,
        service_id=detail.purpose,
        dataset=detail.dataset,
        fields=frozenset(detail.fields),
        bases=frozenset({detail.basis}),
        channel=channel,
        kind=AgreementKind.OTHER,
        reference_no="1",
        granted_by="owner",
        valid_from=NOW - timedelta(days=1),
        valid_until=NOW + timedelta(days=10),
        daily_quota=10,
        by_number=True,
        officers_need_grant=True,
        hours=AccessHours(frozenset({1, 2, 3, 4, 5}), time(8, 30), time(17, 30)),
    )


def _consent(detail: GdxDetail, acted: ActedFor | None) -> ConsentRecord:
    on_behalf = None
    if acted is not None:
        company = None if acted.organisation is None else acted.organisation.juristic_id
        on_behalf = OnBehalf(decided_by=acted.actor, mandate_id=acted.mandate_id, juristic_id=company)
    return ConsentRecord(
        id=ConsentId("con_1"),
        subscriber_id=PERSON,
        agency_id=AGENCY,
        service_id=detail.purpose,
        client_id=CLIENT,
        details=(detail,),
        shown_hash="",
        given_at=NOW - timedelta(hours=1),
        valid_until=NOW + timedelta(days=1),
        withdrawn_at=None,
        uses_left={detail.dataset: 1},
        on_behalf=on_behalf,
    )


def _counter(basis: Basis) -> CounterFacts:
    return CounterFacts(AGENCY, CLIENT, PURPOSE, "ทส 7/2569", basis, is_officers=True, state=Ready())


def variations(facts: ReleaseFacts) -> Iterator[tuple[str, ReleaseFacts, tuple[str, ...]]]:
    """Changes under which something may still leave: what they are, and which fields do."""
    fields = facts.request.fields
    yield "one release below the quota", replace(facts, released_today=9), fields
    yield "as a document", replace(facts, wants_document=True), fields
    yield "on the last day", _asked(valid_until=NOW.date())(facts), fields
    yield "an agreement at all hours", _agreed(hours=None)(facts), fields
    if facts.request.basis is not Basis.CONSENT:
        yield "one use left", replace(facts, released_before=2), fields
        if not (isinstance(facts.request.subject, JuristicSubject) and facts.request.basis is Basis.SIGNED_FORM):
            yield "no ground in the request itself", replace(facts, stated=None), fields
        return
    yield "nobody opened anything", replace(facts, counter=None), fields
    assert facts.service is not None
    early = replace(facts, service=replace(facts.service, provisional_ial=Ial.IAL1_3), acr=Acr(Ial.IAL1_3, Aal.AAL2_1))
    if facts.acted_for is None:
        yield "met later", early, fields
    if len(fields) > 1:
        yield "consent to one field alone", _consented_detail(fields=fields[:1])(facts), fields[:1]


Spoil = Callable[[ReleaseFacts], ReleaseFacts]


def spoils(facts: ReleaseFacts) -> dict[str, Spoil]:
    """Every single thing that may be wrong with facts of this way of asking; each alone must stop the release."""
    always: dict[str, Spoil] = {
        **{f"link {link}": _broken(link) for link in Link if _hangs_on(facts, link)},
        "standing": lambda it: replace(it, standing=Reason.NOT_A_SIGNATORY),
        "no agreement": lambda it: replace(it, agreement=None),
        "no service": lambda it: replace(it, service=None),
        "another agency's service": lambda it: replace(it, service=service(PURPOSE, AgencyId("agc_2"))),
        "another service": lambda it: replace(it, service=service(ServiceId("other"), AGENCY)),
        "agreement suspended": _agreed(status=Standing.SUSPENDED),
        "agreement over": _agreed(valid_until=NOW),
        "agreement not begun": _agreed(valid_from=NOW + timedelta(seconds=1)),
        "other channel agreed": lambda it: _agreed(channel=_other_channel(it))(it),
        "no basis agreed": _agreed(bases=frozenset()),
        "no field agreed": _agreed(fields=frozenset()),
        "other data set agreed": _agreed(dataset="other"),
        "closed at this hour": _agreed(hours=AccessHours(frozenset({1}), time(13, 0), time(17, 0))),
        "closed on this day": _agreed(hours=AccessHours(frozenset({6, 7}), time(0, 0), time(0, 0))),
        "quota": lambda it: replace(it, released_today=10),
        "format": _asked(formats=("pdf",)),
        "more uses than the service has": _asked(uses=13),
        "valid for too long": _asked(valid_until=(NOW + timedelta(days=400)).date()),
        "basis owner": _asked(basis=Basis.OWNER),
    }
    own = _of_consent() if facts.request.basis is Basis.CONSENT else _of_agency()
    return always | own | (_of_officer() if facts.agreement.channel is Channel.COUNTER else {}) | _of_form(facts)  # type: ignore[union-attr]  # good facts have an agreement


def _of_consent() -> dict[str, Spoil]:
    return {
        "nobody": lambda it: replace(it, subscriber_id=None),
        "no level": lambda it: replace(it, acr=None),
        "weak sign-in": lambda it: replace(it, acr=Acr(Ial.IAL3, Aal.AAL1)),
        "met later, but not in person": lambda it: replace(
            it,
            acr=Acr(Ial.IAL1_2, Aal.AAL2_1) if it.acted_for is None else Acr(Ial.IAL1_3, Aal.AAL2_1),
            service=None if it.service is None else replace(it.service, provisional_ial=Ial.IAL1_3),
        ),
        "weak identity": lambda it: replace(it, acr=Acr(Ial.IAL1_3, Aal.AAL3)),
        "no consent": lambda it: replace(it, consent=None),
        "withdrawn": _consented(withdrawn_at=NOW),
        "consent over": _consented(valid_until=NOW),
        "another person's consent": _consented(subscriber_id=SubscriberId("sub_3")),
        "another client's consent": _consented(client_id=ClientId("other")),
        "another agency's consent": _consented(agency_id=AgencyId("agc_2")),
        "consent to nothing": _consented(details=()),
        "consent used up": _consented(uses_left={}),
        "consent in another role": lambda it: replace(
            it,
            consent=replace(
                it.consent,
                on_behalf=OnBehalf(decided_by=PERSON, mandate_id=MandateId("mdt_other"), juristic_id="0105500000009"),
            )
            if it.consent
            else None,
        ),
        "consent to another subject": _consented_detail(subject=JuristicSubject("0105500000009")),
        "consent for another purpose": _consented_detail(purpose=ServiceId("other")),
        "acts for nobody, or for somebody": lambda it: replace(
            it, acted_for=None if it.acted_for else ActedFor(SubscriberId("sub_2"), MANDATE, None)
        ),
        "acts for a person and a company at once": lambda it: replace(
            it, acted_for=ActedFor(PERSON, MANDATE, Organisation("0105500000009", "อื่น", "Other"))
        ),
        "a company without a number": lambda it: replace(
            _asked(subject=JuristicSubject("0105500000009"))(
                _consented_detail(subject=JuristicSubject("0105500000009"))(it)
            ),
            acted_for=ActedFor(PERSON, None, Organisation("0105500000009", "อื่น", "Other")),
        ),
        "consent for nobody else": lambda it: replace(
            it, consent=None if it.consent is None or it.acted_for is None else replace(it.consent, on_behalf=None)
        ),
        "acts for another company": lambda it: replace(
            it, acted_for=ActedFor(PERSON, None, Organisation("0105500000009", "อื่น", "Other"))
        ),
        "acts under another mandate": lambda it: replace(it, acted_for=ActedFor(PERSON, MandateId("mdt_9"), None)),
    }


def _of_agency() -> dict[str, Spoil]:
    return {
        "a person's token": lambda it: replace(it, subscriber_id=PERSON),
        "a consent beside it": lambda it: replace(it, consent=_consent(it.request, None)),
        "no case": lambda it: replace(it, case=None),
        "empty case": lambda it: replace(it, case=""),
        "used up": lambda it: replace(it, released_before=3),
        "request over": _asked(valid_until=(NOW - timedelta(days=1)).date()),
    }


def _of_officer() -> dict[str, Spoil]:
    states = (
        Reason.CARD_NOT_READ,
        Reason.CARD_REMOVED,
        Reason.STATION_AWAY,
        Reason.OFFICER_NOT_SIGNED_IN,
        Reason.CARD_NOT_VALID,
        Reason.COUNTER_OVER,
    )
    return {
        **{f"not ready {reason}": _opened(state=NotReady(reason)) for reason in states},
        "nothing opened": lambda it: replace(it, counter=None),
        "opened by another agency": _opened(agency_id=AgencyId("agc_2")),
        "opened by another client": _opened(client_id=ClientId("other")),
        "opened for another purpose": _opened(service_id=ServiceId("other")),
        "opened for another case": _opened(case="ทส 8/2569"),
        "officer left": _opened(is_officers=False),
        "no ground on record": _opened(basis=None),
        "another ground on record": _opened(basis=Basis.CONSENT),
        "officer without a grant": lambda it: replace(it, officer_is_granted=False),
    }


def _of_form(facts: ReleaseFacts) -> dict[str, Spoil]:
    """What only some ways need."""
    match facts.request.subject:
        case JuristicSubject() if facts.request.basis is Basis.SIGNED_FORM:
            return {
                "form not stated": lambda it: replace(it, stated=None),
                "another ground stated": lambda it: replace(it, stated=Basis.DUTY),
                "no company's number": _asked(subject=JuristicSubject("0105500000009")),
            }
        case JuristicSubject():
            return {"no company's number": _asked(subject=JuristicSubject("0105500000009"))}
        case CitizenRefSubject():
            return {"no right by number": _agreed(by_number=False)}
        case _:
            return {}


def _hangs_on(facts: ReleaseFacts, link: Link) -> bool:
    return link is not Link.COUNTER or isinstance(facts.request.subject, CardSessionSubject | CitizenRefSubject)


def _broken(link: Link) -> Spoil:
    return lambda it: replace(it, broken=it.broken | {link})


def _agreed(**changes: Any) -> Spoil:
    return lambda it: replace(it, agreement=None if it.agreement is None else replace(it.agreement, **changes))


def _asked(**changes: Any) -> Spoil:
    return lambda it: replace(it, request=replace(it.request, **changes))


def _consented(**changes: Any) -> Spoil:
    return lambda it: replace(it, consent=None if it.consent is None else replace(it.consent, **changes))


def _consented_detail(**changes: Any) -> Spoil:
    return lambda it: replace(
        it,
        consent=None
        if it.consent is None
        else replace(it.consent, details=tuple(replace(detail, **changes) for detail in it.consent.details)),
    )


def _opened(**changes: Any) -> Spoil:
    return lambda it: replace(it, counter=None if it.counter is None else replace(it.counter, **changes))


def _other_channel(facts: ReleaseFacts) -> Channel:
    at_counter = facts.agreement is not None and facts.agreement.channel is Channel.COUNTER
    return Channel.ONLINE if at_counter else Channel.COUNTER
