"""The plans and their modules by name, and in which file and under which parameter each is tested."""

from dataclasses import dataclass

BASIC = """oidcc-server oidcc-response-type-missing oidcc-idtoken-signature oidcc-idtoken-unsigned oidcc-userinfo-get
oidcc-userinfo-post-header oidcc-userinfo-post-body oidcc-ensure-request-without-nonce-succeeds-for-code-flow
oidcc-scope-profile oidcc-scope-email oidcc-scope-address oidcc-scope-phone oidcc-scope-all oidcc-alternate-happy-flow
oidcc-display-page oidcc-display-popup oidcc-prompt-login oidcc-prompt-none-not-logged-in oidcc-prompt-none-logged-in
oidcc-max-age-1 oidcc-max-age-10000 oidcc-ensure-request-with-unknown-parameter-succeeds oidcc-id-token-hint
oidcc-login-hint oidcc-ui-locales oidcc-claims-locales oidcc-ensure-request-with-acr-values-succeeds oidcc-codereuse
oidcc-codereuse-30seconds oidcc-ensure-registered-redirect-uri oidcc-ensure-post-request-succeeds
oidcc-server-client-secret-post oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported oidcc-claims-essential
oidcc-ensure-request-object-with-redirect-uri oidcc-refresh-token oidcc-ensure-request-with-valid-pkce-succeeds"""

RP_LOGOUT = """oidcc-rp-initiated-logout-discovery-endpoint-verification oidcc-rp-initiated-logout
oidcc-rp-initiated-logout-bad-post-logout-redirect-uri oidcc-rp-initiated-logout-modified-id-token-hint
oidcc-rp-initiated-logout-no-id-token-hint oidcc-rp-initiated-logout-no-params
oidcc-rp-initiated-logout-no-post-logout-redirect-uri oidcc-rp-initiated-logout-no-state
oidcc-rp-initiated-logout-only-state oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri
oidcc-rp-initiated-logout-bad-id-token-hint"""

BACKCHANNEL_LOGOUT = "oidcc-backchannel-logout-discovery-endpoint-verification oidcc-backchannel-rp-initiated-logout"
FRONTCHANNEL_LOGOUT = "oidcc-frontchannel-logout-discovery-endpoint-verification oidcc-frontchannel-rp-initiated-logout"
SESSION_MANAGEMENT = """oidcc-session-management-discovery-endpoint-verification
oidcc-session-management-rp-initiated-logout"""

THIRD_PARTY_LOGIN = "oidcc-3rd_party-init-login oidcc-3rd_party-init-login-nohttps"

SECURITY_PROFILE = """discovery-end-point-verification happy-flow user-rejects-authentication
ensure-authorization-request-without-state-success ensure-authorization-request-without-nonce-success
ensure-authorization-request-with-64-char-nonce-success ensure-other-scope-order-succeeds
test-claims-parameter-identity-claims access-token-type-header-case-sensitivity
ensure-different-nonce-inside-and-outside-request-object ensure-different-state-inside-and-outside-request-object
ensure-authorization-request-with-long-nonce ensure-authorization-request-with-long-state
state-only-outside-request-object-not-used ensure-request-object-without-redirect-uri-fails
plain-fapi-tolerate-unregistered-redirect-uri ensure-unsigned-authorization-request-without-using-par-fails
ensure-redirect-uri-in-authorization-request ensure-response-type-code-idtoken-fails ensure-response-type-token-fails
ensure-client-id-in-token-endpoint ensure-holder-of-key-required ensure-authorization-code-is-bound-to-client
attempt-reuse-authorization-code-after-one-second ensure-token-endpoint-fails-with-expired-auth-code refresh-token
par-ensure-reused-request-uri-prior-to-auth-completion-succeeds par-attempt-reuse-request_uri
par-attempt-to-use-expired-request_uri par-attempt-to-use-request_uri-for-different-client
par-authorization-request-containing-request_uri-form-param par-attempt-invalid-http-method par-ensure-pkce-required
ensure-pkce-code-verifier-required incorrect-pkce-code-verifier-rejected par-plain-pkce-rejected
par-without-duplicate-parameters"""

CLIENT_ASSERTIONS = """ensure-signed-client-assertion-with-RS256-fails ensure-client-assertion-in-token-endpoint
ensure-client-assertion-with-exp-is-5-minutes-in-past-fails ensure-client-assertion-with-wrong-aud-fails
ensure-client-assertion-with-no-sub-fails par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails par-test-array-as-audience-fails
par-test-par-endpoint-url-as-audience-fails par-test-token-endpoint-url-as-audience-fails"""

DPOP = """check-dpop-proof-nbf-exp ensure-dpopproof-with-iat-10seconds-before-succeeds
ensure-dpopproof-with-iat-10seconds-after-succeeds ensure-mismatched-dpop-jkt-fails
ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt ensure-token-endpoint-fails-with-mismatched-dpop-jkt
ensure-dpopproof-at-par-endpoint-binding-success ensure-dpop-auth-code-binding-success dpop-negative-tests"""

MESSAGE_SIGNING = """ensure-request-object-with-multiple-aud-succeeds ensure-request-object-without-exp-fails
ensure-request-object-without-nbf-fails ensure-expired-request-object-fails ensure-request-object-with-bad-aud-fails
ensure-request-object-with-exp-over-60-fails ensure-request-object-with-nbf-over-60-fails
ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted ensure-signed-request-object-with-RS256-fails
ensure-request-object-signature-algorithm-is-not-none ensure-request-object-with-invalid-signature-fails
ensure-matching-key-in-authorization-request ensure-unsigned-request-at-par-endpoint-fails
par-authorization-request-containing-request_uri"""

CIBA = """discovery-end-point-verification fapi-ciba-id1 user-rejects-authentication multiple-call-to-token-endpoint
auth-req-id-expired ensure-authorization-request-with-binding-message-succeeds ensure-other-scope-order-succeeds
ensure-requested-expiry-as-string-succeeds ensure-authorization-request-with-potentially-bad-binding-message
ensure-request-object-missing-aud-fails ensure-request-object-bad-aud-fails ensure-request-object-missing-iss-fails
ensure-request-object-bad-iss-fails ensure-request-object-missing-exp-fails ensure-request-object-expired-exp-fails
ensure-request-object-exp-is-70-minutes-in-future-fails ensure-request-object-missing-iat-fails
ensure-request-object-missing-nbf-fails ensure-request-object-nbf-is-10-minutes-in-future-fails
ensure-request-object-nbf-is-70-minutes-in-past-fails ensure-request-object-missing-jti-fails
ensure-request-object-signature-algorithm-is-none-fails ensure-request-object-signature-algorithm-is-bad-fails
ensure-request-object-signature-algorithm-is-RS256-fails ensure-request-object-signed-by-other-client-fails
ensure-authorization-request-with-multiple-hints-fails ensure-wrong-auth-req-id-in-token-endpoint-request
ensure-unsigned-backchannel-authorization-request-fails refresh-token ensure-mtls-holder-of-key-required"""

CIBA_CLIENT_ASSERTIONS = """ensure-without-client-assertion-in-token-endpoint-request
ensure-without-client-assertion-in-backchannel-authorization-request
ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails
ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails
ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds"""

PING = """ping-backchannel-notification-endpoint-response-has-body ping-backchannel-notification-endpoint-response-401
ping-backchannel-notification-endpoint-response-403
ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry
ping-backchannel-notification-endpoint-return-redirect-request"""

EKYC = """ekyc-server-happypath ekyc-server-happypath-emptyobject ekyc-server-happypath-essentialfalse
ekyc-server-unknown-claim-omitted ekyc-server-unknown-essential-claim-omitted
ekyc-server-unknown-claim-specialchars-omitted ekyc-server-one-claim-with-random-value-omitted
ekyc-server-request-only-in-idtoken ekyc-server-request-only-in-userinfo ekyc-server-testuserprovidedrequest
ekyc-server-testbasedonuserinfo-defaults ekyc-server-test-userinfo-notfoundinop"""

DYNAMIC = """oidcc-idtoken-rs256 oidcc-userinfo-rs256 oidcc-ensure-redirect-uri-in-authorization-request
oidcc-redirect-uri-query-OK oidcc-redirect-uri-query-mismatch oidcc-redirect-uri-query-added
oidcc-redirect-uri-regfrag oidcc-registration-logo-uri oidcc-registration-policy-uri oidcc-registration-tos-uri
oidcc-registration-jwks-uri oidcc-registration-sector-uri oidcc-registration-sector-bad oidcc-server-rotate-keys
oidcc-refresh-token-rp-key-rotation oidcc-request-uri-unsigned oidcc-request-uri-signed-rs256
oidcc-ensure-client-assertion-with-iss-aud-succeeds oidcc-idtoken-unsigned oidcc-discovery-endpoint-verification
oidcc-server oidcc-ensure-request-object-with-redirect-uri oidcc-refresh-token"""

FAPI2_FILES = tuple(
    f"test_fapi2_{theme}.py"
    for theme in ("sign_in", "pushed_requests", "tokens", "client_assertions", "dpop", "message_signing")
)
CIBA_FILES = ("test_fapi_ciba_flow.py", "test_fapi_ciba_requests.py", "test_fapi_ciba_ping.py")


@dataclass(frozen=True)
class Plan:
    """Modules of a plan; `files` are looked through in order, `parameter` must be in a test's brackets where given."""

    title: str
    modules: tuple[str, ...]
    files: tuple[str, ...]
    parameter: str | None = None


def fapi2(title: str, parameter: str, *modules: str) -> Plan:
    return Plan(f"FAPI 2.0 {title}", tuple(" ".join((SECURITY_PROFILE, *modules)).split()), FAPI2_FILES, parameter)


def ciba(title: str, parameter: str, *modules: str) -> Plan:
    name = f"FAPI-CIBA ID1 (`fapi-ciba-id1-test-plan`), {title}"
    return Plan(name, tuple(" ".join((CIBA, *modules)).split()), CIBA_FILES, parameter)


PLANS = (
    Plan(
        "OpenID Connect Basic (`oidcc-basic-certification-test-plan`)",
        tuple(BASIC.split()),
        ("test_basic.py",),
        "oidcc-basic",
    ),
    Plan(
        "Form Post (`oidcc-formpost-basic-certification-test-plan`)",
        tuple(BASIC.split()),
        ("test_basic.py",),
        "oidcc-formpost-basic",
    ),
    Plan(
        "Config (`oidcc-config-certification-test-plan`)",
        ("oidcc-discovery-endpoint-verification",),
        ("test_config.py",),
    ),
    Plan(
        "RP-initiated logout (`oidcc-rp-initiated-logout-certification-test-plan`)",
        tuple(RP_LOGOUT.split()),
        ("test_logout.py",),
    ),
    Plan(
        "Back-channel logout (`oidcc-backchannel-rp-initiated-logout-certification-test-plan`)",
        tuple(BACKCHANNEL_LOGOUT.split()),
        ("test_logout.py",),
    ),
    Plan(
        "Front-channel logout (`oidcc-frontchannel-rp-initiated-logout-certification-test-plan`)",
        tuple(FRONTCHANNEL_LOGOUT.split()),
        ("test_logout.py",),
    ),
    Plan(
        "Session management (`oidcc-session-management-certification-test-plan`)",
        tuple(SESSION_MANAGEMENT.split()),
        ("test_logout.py",),
    ),
    Plan(
        "Third-party initiated login (`oidcc-3rdparty-init-login-certification-test-plan`)",
        tuple(THIRD_PARTY_LOGIN.split()),
        ("test_third_party_login.py",),
    ),
    Plan(
        "Dynamic, response type code (`oidcc-dynamic-certification-test-plan`)",
        tuple(DYNAMIC.split()),
        ("test_dynamic.py",),
    ),
    fapi2("Security Profile Final, private_key_jwt + DPoP", "fapi2-sp-dpop", CLIENT_ASSERTIONS, DPOP),
    fapi2("Security Profile Final, private_key_jwt + mutual TLS", "fapi2-sp-mtls", CLIENT_ASSERTIONS),
    fapi2("Security Profile Final, client certificate + DPoP", "fapi2-sp-mtls-auth-dpop", DPOP),
    fapi2("Security Profile Final, client certificate + mutual TLS", "fapi2-sp-mtls-auth-mtls"),
    fapi2(
        "Message Signing Final, JAR + JARM, private_key_jwt + DPoP",
        "fapi2-ms-dpop",
        CLIENT_ASSERTIONS,
        DPOP,
        MESSAGE_SIGNING,
    ),
    fapi2(
        "Message Signing Final, JAR + JARM, client certificate + mutual TLS",
        "fapi2-ms-mtls-auth-mtls",
        MESSAGE_SIGNING,
    ),
    ciba("private_key_jwt, poll", "fapi-ciba-poll", CIBA_CLIENT_ASSERTIONS),
    ciba("private_key_jwt, ping", "fapi-ciba-ping", CIBA_CLIENT_ASSERTIONS, PING),
    ciba("client certificate, poll", "fapi-ciba-mtls-auth-poll"),
    ciba("client certificate, ping", "fapi-ciba-mtls-auth-ping", PING),
    Plan("eKYC and Identity Assurance (`ekyc-test-plan-oidccore`)", tuple(EKYC.split()), ("test_ekyc.py",)),
)
