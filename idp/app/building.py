"""Building the rooms of one deployment, once, from the ground and what fulfils their ports."""

from datetime import timedelta
from urllib.parse import urlsplit

from idp.app.agency_rooms import build_agency_rooms
from idp.app.authenticator_models import authenticator_models
from idp.app.authenticators import build_authenticators
from idp.app.client_rooms import build_client_rooms
from idp.app.configuration.applying import Configurations
from idp.app.enrolment_room import build_enrolment_room
from idp.app.exchange_rooms import build_exchange_rooms
from idp.app.further_rooms import build_further_rooms
from idp.app.ground import Ground
from idp.app.life import build_life_rooms
from idp.app.onboarding import build_onboarding
from idp.app.outside import Outside
from idp.app.oversight_rooms import build_oversight_rooms
from idp.app.receipts_room import build_receipt_rooms
from idp.app.representation_room import build_representation_room
from idp.app.rooms import Rooms
from idp.app.signal_rooms import build_signal_rooms
from idp.app.station_rooms import build_station_rooms
from idp.app.token_room import TokenGround, build_token_room
from idp.app.unattended_room import build_unattended_rooms
from idp.authentication.attestation import StaffModels
from idp.authentication.card_sign_in import CardSignIns
from idp.authentication.model import RelyingParty
from idp.authentication.other_device.service import OtherDevice
from idp.authentication.pin_hashing import PinHashing
from idp.authorization.client_registration.administration import AgencyPrograms
from idp.authorization.grants.codes import Codes
from idp.authorization.grants.sealed import GrantSeals
from idp.authorization.grants.service import Grants
from idp.authorization.requests.answers import ClientAnswers
from idp.authorization.requests.intake import RequestIntake
from idp.authorization.requests.sealed import PendingRequests
from idp.authorization.requests.service import AuthorizationRequests
from idp.consent.sealed import ConsentSeals
from idp.consent.service import Consents
from idp.enrolment.by_thaid.service import ThaidEnrolments
from idp.gateway.bridge.accesses import BridgeAccesses
from idp.keys.files import FIRST_VERSION
from idp.notices.contact_letters import ContactLetters
from idp.notices.model import Notice
from idp.notices.service import Notices
from idp.oversight.service import AccessHistory
from idp.settings import Settings
from idp.subscribers.service import Subscribers


async def build_rooms(settings: Settings, ground: Ground, outside: Outside) -> Rooms:
    """Build bottom up, in the order of the floors."""
    storage, audit, randomness, security_log = ground.storage, ground.audit, ground.randomness, ground.security_log
    # 1. agencies and subscribers; the issuer is an agency itself
    agency_rooms = await build_agency_rooms(ground, outside)
    agencies, approvals, issuer_agency = agency_rooms.agencies, agency_rooms.approvals, agency_rooms.issuer_agency
    subscribers = Subscribers(personal=ground.personal, blind_index=ground.blind_index, audit=audit)
    life = build_life_rooms(ground, subscribers=subscribers, approvals=approvals, issuer_agency=issuer_agency)
    # 2. stations, authentication, consent, enrolment
    station_rooms = build_station_rooms(settings, ground, outside, agencies=agencies, subscribers=subscribers)
    stations = station_rooms.stations
    authenticators = build_authenticators(
        storage=storage,
        relying_party=RelyingParty(id=urlsplit(settings.issuer).hostname or "", name="Tuaton", origin=settings.issuer),
        subscribers=subscribers,
        closings=life.closings,
        personal=ground.personal,
        sealer=ground.sealer,
        audit=audit,
        security_log=security_log,
        hashing=PinHashing(pepper=ground.root_keys.derive("pin", version=FIRST_VERSION)),
        recovery_pepper=ground.root_keys.derive("recovery-code", version=FIRST_VERSION),
        recovery_cooling=timedelta(hours=settings.recovery_cooling_hours),
        staff_models=StaffModels(authenticator_models(settings), allowed=frozenset(settings.staff_passkey_models)),
    )
    card_sign_ins = CardSignIns(
        storage=storage,
        stations=stations,
        subscribers=subscribers,
        pins=authenticators.pins,
        card_status=outside.card_status,
        audit=audit,
        security_log=security_log,
    )
    other_device = OtherDevice(
        storage=storage,
        passkeys=authenticators.passkeys,
        key=ground.root_keys.derive("other-device", version=FIRST_VERSION),
        life=timedelta(seconds=settings.other_device_seconds),
        audit=audit,
        security_log=security_log,
        randomness=randomness,
    )
    passkey_links, sessions = authenticators.links, authenticators.sessions

    def freeze_url(notice: Notice) -> str:
        page = authenticators.freeze_links.page_of(notice.subscriber_id, cause=notice.id, now=notice.at)
        return settings.issuer + page

    notices = Notices(
        storage=storage,
        subscribers=subscribers,
        mail=outside.mail,
        account_url=f"{settings.issuer}/account/notices",
        freeze_url=freeze_url,
        randomness=randomness,
    )
    contact_letters = ContactLetters(
        storage=storage,
        contacts=life.contacts,
        mail=outside.mail,
        account_url=f"{settings.issuer}/account/contact",
        freeze_url=freeze_url,
        randomness=randomness,
    )
    consents = Consents(
        seals=ConsentSeals(personal=ground.personal, blind_index=ground.blind_index), audit=audit, randomness=randomness
    )
    enrolment = build_enrolment_room(
        ground,
        stations=stations,
        subscribers=subscribers,
        card_status=outside.card_status,
        links=passkey_links,
        revoking=authenticators.revoking,
        notices=notices,
        passports=outside.passports,
        reviews=life.reviews,
        faces=outside.faces,
        sessions=sessions,
        approvals=approvals,
    )
    enrolments = enrolment.enrolments
    representation = build_representation_room(
        storage=storage,
        personal=ground.personal,
        blind_index=ground.blind_index,
        audit=audit,
        randomness=randomness,
        registry=outside.companies,
        subscribers=subscribers,
        agencies=agencies,
        approvals=approvals,
        counter_first=settings.counter_first is not False,
    )
    # 3. authorization
    client_rooms = build_client_rooms(settings, ground, agencies=agencies)
    clients, key_sets = client_rooms.clients, client_rooms.key_sets
    grants, codes = Grants(seals=GrantSeals(ground.sealer), audit=audit), Codes(ground.sealer)
    pending_requests = PendingRequests(ground.sealer)
    answers = ClientAnswers(
        storage=storage, issuer=settings.issuer, keys=ground.signing_keys, clients=clients, key_sets=key_sets
    )
    token_ground = TokenGround(
        issuer=settings.issuer,
        gateway=settings.gateway_url,
        acr_prefix=settings.acr_prefix,
        trust_framework=settings.trust_framework,
        storage=storage,
        keys=ground.signing_keys,
        sealer=ground.sealer,
        pairwise=ground.pairwise,
        audit=audit,
        security_log=security_log,
        agencies=agencies,
        subscribers=subscribers,
        evidence=enrolments,
        clients=clients,
        key_sets=key_sets,
        authentication=client_rooms.authentication,
        proofs=client_rooms.proofs,
        codes=codes,
        grants=grants,
        acting=representation.acting,
    )
    further = build_further_rooms(
        token_ground,
        consents=consents,
        sessions=sessions,
        addresses=client_rooms.addresses,
        encryption=ground.request_object_key,
        representation=representation,
    )
    token_room = build_token_room(token_ground, further_grants=(further.device, further.backchannel))
    # 4. exchange
    exchange_rooms = build_exchange_rooms(
        settings,
        ground,
        outside,
        agencies=agencies,
        consents=consents,
        subscribers=subscribers,
        acting=representation.acting,
        accounts=agency_rooms.accounts,
        namings=agency_rooms.namings,
        stations=stations,
        desk=station_rooms.desk,
        key_sets=key_sets,
        issuer_agency=issuer_agency,
    )
    configurations = Configurations(
        agencies=agencies,
        agreements=agency_rooms.agreements,
        clients=clients,
        approvals=approvals,
        seats=agency_rooms.seats,
        platform_id=issuer_agency,
        bridges=BridgeAccesses(agencies=agencies, clients=clients, audit=audit, randomness=randomness),
    )
    return Rooms(
        ground=ground,
        outside=outside,
        metadata=client_rooms.metadata,
        nonces=client_rooms.nonces,
        agencies=agencies,
        agreements=agency_rooms.agreements,
        seats=agency_rooms.seats,
        seat_requests=agency_rooms.seat_requests,
        namings=agency_rooms.namings,
        configurations=configurations,
        onboarding=build_onboarding(
            ground,
            agencies=agencies,
            agreements=agency_rooms.agreements,
            accounts=agency_rooms.accounts,
            seats=agency_rooms.seats,
            approvals=approvals,
            stations=stations,
            configurations=configurations,
            platform_id=issuer_agency,
        ),
        company_accounts=agency_rooms.accounts,
        subscribers=subscribers,
        life=life,
        overriding=enrolment.overriding,
        new_passports=enrolment.new_passports,
        sessions=sessions,
        passkeys=authenticators.passkeys,
        passkey_links=passkey_links,
        known_devices=authenticators.known_devices,
        own_passkeys=authenticators.own_passkeys,
        pins=authenticators.pins,
        recovery_codes=authenticators.recovery_codes,
        freezing=authenticators.freezing,
        card_sign_ins=card_sign_ins,
        other_device=other_device,
        revoking=authenticators.revoking,
        stations=stations,
        mail_slots=station_rooms.mail_slots,
        pairings=station_rooms.pairings,
        officer_sessions=station_rooms.officer_sessions,
        desk=station_rooms.desk,
        enrolments=enrolments,
        provisionals=enrolment.provisionals,
        thaid_enrolments=None
        if outside.thaid is None
        else ThaidEnrolments(
            storage=storage,
            thaid=outside.thaid,
            subscribers=subscribers,
            invitations=passkey_links,
            sealer=ground.sealer,
            notices=notices,
            audit=audit,
            security_log=security_log,
            alone_suffices=settings.thaid_alone_adds_passkeys,
        ),
        unattended=build_unattended_rooms(
            settings,
            ground,
            outside,
            agencies=agencies,
            stations=stations,
            subscribers=subscribers,
            invitations=passkey_links,
            notices=notices,
        ),
        notices=notices,
        contact_letters=contact_letters,
        signals=build_signal_rooms(settings, ground, clients=clients, addresses=client_rooms.addresses),
        consents=consents,
        clients=clients,
        programs=AgencyPrograms(clients=clients, audit=audit),
        addresses=client_rooms.addresses,
        key_sets=key_sets,
        registration=client_rooms.registration,
        grants=grants,
        intake=RequestIntake(
            storage=storage,
            issuer=settings.issuer,
            par_url=client_rooms.metadata["pushed_authorization_request_endpoint"],
            gateway=settings.gateway_url,
            acr_prefix=settings.acr_prefix,
            answers=answers,
            keys=ground.signing_keys,
            clients=clients,
            authentication=client_rooms.authentication,
            proofs=client_rooms.proofs,
            agencies=agencies,
            pending_requests=pending_requests,
            audit=audit,
            security_log=security_log,
            encryption=ground.request_object_key,
            key_sets=key_sets,
        ),
        requests=AuthorizationRequests(
            storage=storage,
            answers=answers,
            pairwise=ground.pairwise,
            clients=clients,
            agencies=agencies,
            subscribers=subscribers,
            consents=consents,
            codes=codes,
            grants=grants,
            pending_requests=pending_requests,
            representing=representation.representing,
            provisionals=enrolment.provisionals,
            audit=audit,
        ),
        representation=representation,
        deferred=further.deferred,
        company_requests=further.company_requests,
        device=further.device,
        backchannel=further.backchannel,
        logouts=further.logouts,
        tokens=token_room.endpoint,
        revocation=token_room.revocation,
        introspection=token_room.introspection,
        access_tokens=token_room.access_tokens,
        userinfo=token_room.userinfo,
        documents=exchange_rooms.documents,
        comparing=exchange_rooms.comparing,
        previews=exchange_rooms.previews,
        counters=exchange_rooms.counters,
        photos=exchange_rooms.photos,
        on_card=exchange_rooms.on_card,
        retention=exchange_rooms.retention,
        registries_health=exchange_rooms.health,
        exchange=exchange_rooms.exchange,
        bases=exchange_rooms.bases,
        slips=exchange_rooms.slips,
        receipt_rooms=build_receipt_rooms(
            ground,
            issuer=settings.issuer,
            sealer=outside.sealer,
            agencies=agencies,
            clients=clients,
            consents=consents,
        ),
        access_history=AccessHistory(personal=ground.personal),
        oversight=build_oversight_rooms(ground, agencies=agencies),
    )
