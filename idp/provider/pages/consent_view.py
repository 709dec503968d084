"""What a consent page says, as a value: built from the request and the registered texts, and hashed for the record."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from idp.agencies.model import Agency, Agreement, Service
from idp.authorization.client_registration.model import Client
from idp.catalogue.gdx import GdxDetail
from idp.catalogue.model import DataSet, Field, Sensitivity
from idp.catalogue.shown import shown_dataset
from idp.consent import rules as consent_rules
from idp.consent.model import SIGN_IN_CONSENT_DAYS, ConsentRecord, Shown
from idp.provider.pages.consent_claims import GROUPS, ClaimGroup, shown_claims
from idp.web.languages import Language

VISIBLE_CHARACTERS = 3


@dataclass(frozen=True, slots=True)
class Section:
    """One group of data from one source. `uses` is how often the agency may get it, None for once at sign-in."""

    id: str
    title_th: str
    title_en: str
    source_th: str
    source_en: str
    fields: tuple[Field, ...]
    uses: int | None


@dataclass(frozen=True, slots=True, repr=False)
class ShownValue:
    """A value on the page. `end` is what is left of a masked one, to be read aloud in its place."""

    text: str
    end: str | None


Values = dict[str, dict[str, ShownValue] | None]
"""Section to field to what is shown; None where the source gave nothing in time, or may not be asked."""


@dataclass(frozen=True, slots=True, repr=False)
class ActingView:
    """For whom the person decides. `signs`: for a company, by its signing rule; `alone`: that signature suffices;
    `seal`: the company's seal goes with it; `is_complete`: all have signed, what is left is to use it; `is_guardian`:
    by law, for a child; `ends_at`: when acting for another person ends.
    """

    name_th: str
    name_en: str
    is_company: bool
    signs: bool = False
    alone: bool = False
    seal: bool = False
    is_complete: bool = False
    is_guardian: bool = False
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentView:
    """Everything a consent page says except the citizen's own values.

    `service` is None for a sign-in without details; `claims` are spelt as a consent remembers them; `earlier` is what
    the citizen has agreed to with this client and is still in force, `last` the newest consent to it for the same
    purpose (the same service, or a sign-in without one), in force or not: of another one nothing is said to have ended.
    `is_provisional`: the agency meets the citizen later; `by_law` is what it gets on another basis than consent, of
    which the citizen is told and asked nothing.
    """

    client: Client
    agency: Agency
    service: Service | None
    details: tuple[GdxDetail, ...]
    claims: tuple[str, ...] = ()
    earlier: tuple[ConsentRecord, ...] = ()
    acting: ActingView | None = None
    is_provisional: bool = False
    last: ConsentRecord | None = None
    by_law: tuple[Section, ...] = ()

    @property
    def sections(self) -> tuple[Section, ...]:
        """The groups of the request: claims about the person first, then each data set in the order asked for."""
        return sections_of(self.details, self.claims)

    @property
    def new(self) -> frozenset[str]:
        """The rows (`section.field`) that were not agreed to before; none where nothing was agreed to at all.

        What is in force is compared with; where nothing is, the consent that was there last.
        """
        before = self.earlier or (() if self.last is None else (self.last,))
        if not before:
            return frozenset()
        return _rows(self.sections) - _rows(agreed_sections(before))

    @property
    def dropped(self) -> tuple[Field, ...]:
        """What the last consent for the same purpose named, and is not asked for any more."""
        if self.last is None:
            return ()
        asked = _rows(self.sections)
        return tuple(
            field
            for section in agreed_sections((self.last,))
            for field in section.fields
            if f"{section.id}.{field.name}" not in asked
        )

    @property
    def ended(self) -> Literal["taken_back", "run_out"] | None:
        """How the last consent for the same purpose ended, where none is in force: the person is asked again because of
        that.
        """
        if self.earlier or self.last is None:
            return None
        return "run_out" if self.last.withdrawn_at is None else "taken_back"

    @property
    def optional(self) -> frozenset[str]:
        """The fields, as `dataset/field`, that are given only when they are ticked."""
        if self.service is None:
            return frozenset()
        return consent_rules.optional_of(self.details, self.service.optional_fields)

    def may_agree(self, chosen: Collection[str]) -> bool:
        """False when with these ticks nothing would be left to agree to."""
        left = consent_rules.agreed_details(self.details, optional=self.optional, chosen=frozenset(chosen))
        return bool(left or self.claims or not self.details)

    def ends_at(self, now: datetime) -> datetime | None:
        """When a consent given now would end; None when there is nothing to remember."""
        if not self.details and not self.claims:
            return None
        days = SIGN_IN_CONSENT_DAYS if self.service is None else self.service.consent_days
        return consent_rules.ends_at(self.details, now=now, longest=timedelta(days=days))

    def said(self, shown_hash: str) -> Shown:
        """What is decided on this page, with the hash under which its text was kept."""
        days = SIGN_IN_CONSENT_DAYS if self.service is None else self.service.consent_days
        return Shown(shown_hash, self.details, self.claims, self.optional, days)

    def shown_hash(self, language: str) -> str:
        """SHA-256 over what stands on the page in this language."""
        return hashlib.sha256(self.shown_text(language).encode()).hexdigest()

    def shown_text(self, language: str) -> str:
        """Canonical JSON of what the page says in this language to everybody who is asked the same: without any value,
        any person's name, and whom and which case it is about.
        """
        return json.dumps(self._shown(language), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def agreed_text(self, shown_hash: str) -> str | None:
        """The text with this hash, if the page would say that now in one of the languages."""
        texts = (self.shown_text(language) for language in Language)
        return next((text for text in texts if hashlib.sha256(text.encode()).hexdigest() == shown_hash), None)

    def _shown(self, language: str) -> dict[str, Any]:
        def local(record: object, field: str) -> str:
            return str(getattr(record, f"{field}_{language}"))

        service_texts = ("title", "purpose", "law", "refusal_route", "retention")
        return {
            "language": language,
            "client": {
                "id": self.client.id,
                "name": local(self.client, "name"),
                **{name: getattr(self.client, name) for name in ("logo_uri", "policy_uri", "tos_uri")},
            },
            "agency": {"id": self.agency.id, "kind": self.agency.kind.value, "name": local(self.agency, "name")},
            "service": None
            if self.service is None
            else {
                "id": self.service.id,
                "consent_days": self.service.consent_days,
                **{name: local(self.service, name) for name in service_texts},
            },
            "sections": [_said_section(section, local) for section in self.sections],
            "details": [_unlinked(detail) for detail in self.details],
            "new": sorted(self.new),
            **({"dropped": [local(field, "label") for field in self.dropped]} if self.dropped else {}),
            **({"optional": sorted(self.optional)} if self.optional else {}),
            **({} if self.ended is None else {"ended": self.ended}),
            **({} if self.acting is None else {"acting": _unnamed(self.acting)}),
            **({"is_provisional": True} if self.is_provisional else {}),
            **({"by_law": [_said_section(section, local) for section in self.by_law]} if self.by_law else {}),
        }


def _said_section(section: Section, local: Callable[[object, str], str]) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": local(section, "title"),
        "source": local(section, "source"),
        "uses": section.uses,
        "fields": [[field.name, local(field, "label")] for field in section.fields],
    }


def _unlinked(detail: GdxDetail) -> dict[str, Any]:
    """What is asked for, as it is kept: whom and which case it is about is in the record of the consent alone."""
    return {name: value for name, value in detail.to_json().items() if name not in ("subject", "case")}


def _unnamed(acting: ActingView) -> dict[str, Any]:
    """In which role, as it is kept: for whom is in the record of the consent alone, of a person and of a company."""
    said = asdict(acting)
    if not acting.is_guardian:
        said.pop("is_guardian")
    return {name: value for name, value in said.items() if not name.startswith("name_") and name != "ends_at"}


def sections_of(details: Sequence[GdxDetail], claims: Collection[str]) -> tuple[Section, ...]:
    """The groups of a request: claims about the person first, then each data set in the order asked for."""
    return (*_claims_sections(shown_claims(claims)), *(_section(detail) for detail in details))


def by_law_sections(agreements: Iterable[Agreement]) -> tuple[Section, ...]:
    """The groups that an agency gets whatever is decided here, one for each data set."""
    fields: dict[str, frozenset[str]] = {}
    for agreement in agreements:
        fields[agreement.dataset] = fields.get(agreement.dataset, frozenset()) | agreement.fields
    return tuple(_section_of(shown_dataset(name), fields[name], uses=None) for name in sorted(fields))


def agreed_sections(records: Iterable[ConsentRecord]) -> tuple[Section, ...]:
    """Everything that these consents name, parts of a whole included."""
    return tuple(
        section
        for record in records
        for section in (*_claims_sections(record.claims), *(_section(detail) for detail in record.details))
    )


def _rows(sections: Iterable[Section]) -> frozenset[str]:
    return frozenset(f"{section.id}.{field.name}" for section in sections for field in section.fields)


def _claims_sections(rows: Collection[str]) -> tuple[Section, ...]:
    groups = (_claims_section(group, rows) for group in GROUPS)
    return tuple(group for group in groups if group.fields)


def shown_value(field: Field, value: str) -> ShownValue:
    """A value as the page shows it to its owner: of sensitive ones only the end, enough to recognise it."""
    if field.sensitivity is Sensitivity.HIGH:
        end = value[-VISIBLE_CHARACTERS:]
        return ShownValue(text="x" * (len(value) - len(end)) + end, end=end)
    return ShownValue(text=value, end=None)


def unknown_rows(sections: Iterable[Section], values: Values) -> dict[str, frozenset[str]]:
    """Of each section the rows that have no value: they are named in one line instead of a table of dashes."""
    return {
        section.id: frozenset(name for name, value in (values[section.id] or {}).items() if not value.text)
        for section in sections
    }


def _claims_section(group: ClaimGroup, rows: Collection[str]) -> Section:
    return Section(
        id=group.id,
        title_th=group.title_th,
        title_en=group.title_en,
        source_th=group.source_th,
        source_en=group.source_en,
        fields=tuple(field for field in group.fields if field.name in rows),
        uses=None,
    )


def _section(detail: GdxDetail) -> Section:
    return _section_of(shown_dataset(detail.dataset), detail.fields, uses=detail.uses)


def _section_of(dataset: DataSet, names: Collection[str], *, uses: int | None) -> Section:
    return Section(
        id=dataset.id,
        title_th=dataset.title_th,
        title_en=dataset.title_en,
        source_th=dataset.owner_th,
        source_en=dataset.owner_en,
        fields=tuple(field for field in dataset.fields if field.name in names),
        uses=uses,
    )
