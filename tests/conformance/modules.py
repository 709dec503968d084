"""The plans and their modules by name, and in which file and under which parameter each is tested."""

from collections.abc import Mapping
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
attempt-reuse-authorization-code-after-one-second ensure-token-endpoint-fails-with-expired-auth-code
ensure-signed-client-assertion-with-RS256-fails ensure-client-assertion-in-token-endpoint
ensure-client-assertion-with-exp-is-5-minutes-in-past-fails ensure-client-assertion-with-wrong-aud-fails
ensure-client-assertion-with-no-sub-fails refresh-token par-ensure-reused-request-uri-prior-to-auth-completion-succeeds
par-attempt-reuse-request_uri par-attempt-to-use-expired-request_uri
par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails
par-attempt-to-use-request_uri-for-different-client par-authorization-request-containing-request_uri-form-param
par-attempt-invalid-http-method par-ensure-pkce-required ensure-pkce-code-verifier-required
incorrect-pkce-code-verifier-rejected par-plain-pkce-rejected par-without-duplicate-parameters
par-test-array-as-audience-fails par-test-par-endpoint-url-as-audience-fails
par-test-token-endpoint-url-as-audience-fails"""

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

SP, MS = "test_fapi2_security_profile.py", "test_fapi2_message_signing.py"


@dataclass(frozen=True)
class Plan:
    """Modules of a plan; `files` are looked through in order, `parameter` must be in a test's brackets where given."""

    title: str
    modules: tuple[str, ...]
    files: tuple[str, ...]
    parameter: str | None = None


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
    Plan(
        "FAPI 2.0 Security Profile Final, private_key_jwt + DPoP",
        tuple((SECURITY_PROFILE + " " + DPOP).split()),
        (SP,),
        "fapi2-sp-dpop",
    ),
    Plan(
        "FAPI 2.0 Security Profile Final, private_key_jwt + mutual TLS",
        tuple(SECURITY_PROFILE.split()),
        (SP,),
        "fapi2-sp-mtls",
    ),
    Plan(
        "FAPI 2.0 Message Signing Final, JAR + JARM: modules of the security profile",
        tuple((SECURITY_PROFILE + " " + DPOP).split()),
        (SP,),
        "fapi2-ms-dpop",
    ),
    Plan("FAPI 2.0 Message Signing Final, JAR + JARM: further modules", tuple(MESSAGE_SIGNING.split()), (MS,)),
    Plan("eKYC and Identity Assurance (`ekyc-test-plan-oidccore`)", tuple(EKYC.split()), ("test_ekyc.py",)),
)

WITHOUT_A_TEST: Mapping[str, str] = {
    "FAPI-CIBA (`fapi-ciba-id1-test-plan`), poll and ping": "the rules are tested in `tests/protocol`"
    " and over HTTP in `tests/provider/oidc`; the modules are not yet tested one by one",
    "mutual TLS as client authentication (`tls_client_auth`)": "needs a certificate authority in the plan",
}
