//! The OAuth endpoints: tokens by assertion, client credentials, code with PKCE and refresh; revoke, introspect, identity.
//!
//! Promises: errors are one object (those of the REST API are an array); PKCE is required; the consumer's secret is
//! required of whoever is not proven by an assertion (salesforce.md 1.1). The authorize endpoint approves by itself: there
//! is nobody to ask. Leaves to others: keeping tokens (`grants`), believing assertions (`jwt`).

use super::{
    Approval, OrgUser, State, clock, jwt,
    request::{Answer, Ordered, Request, pairs, percent_encoded},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// The grant type of assertions.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// What a session may do when nothing else was asked.
const SCOPE: &str = "api id";

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OauthError {
    status: u16,
    error: &'static str,
    pub(super) description: String,
}

impl OauthError {
    pub(super) fn new(status: u16, error: &'static str, description: &str) -> Self {
        Self { status, error, description: description.to_owned() }
    }

    /// `invalid_grant`.
    pub(super) fn grant(description: &str) -> Self {
        Self::new(400, "invalid_grant", description)
    }

    fn unknown_client() -> Self {
        Self::new(400, "invalid_client_id", "client identifier invalid")
    }
}

impl From<OauthError> for Answer {
    fn from(error: OauthError) -> Self {
        let body = Ordered(vec![
            ("error", Value::from(error.error)),
            ("error_description", Value::from(error.description)),
        ]);
        Self::json(error.status, body.text())
    }
}

/// The parameters of a request to an endpoint.
struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    /// From the body, with the client's name and secret from the header `Authorization: Basic` if it has one.
    fn read(request: &Request) -> Self {
        let mut pairs = pairs(&String::from_utf8_lossy(&request.body));
        let basic = request.header("authorization").and_then(|header| header.strip_prefix("Basic "));
        let basic = basic.and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
        let basic = basic.and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some((id, secret)) = basic.as_deref().and_then(|basic| basic.split_once(':')) {
            pairs.push(("client_id".to_owned(), id.to_owned()));
            pairs.push(("client_secret".to_owned(), secret.to_owned()));
        }
        Self { pairs }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn required(&self, name: &str) -> Result<&str, OauthError> {
        self.get(name).ok_or_else(|| {
            OauthError::new(400, "invalid_request", &format!("missing required parameter: {name}"))
        })
    }
}

/// Answers what lies under `/services/oauth2`.
pub(super) fn answer(state: &mut State, request: &Request, endpoint: &str) -> Answer {
    let answer = match (endpoint, request.method.as_str()) {
        ("token", "POST") => {
            state.token_requests += 1;
            token(state, request)
        }
        ("authorize", "GET") => authorize(state, request),
        ("revoke", "GET" | "POST") => revoke(state, request),
        ("introspect", "POST") => introspect(state, request),
        ("userinfo", "GET" | "POST") => return userinfo(state, request),
        ("token" | "authorize" | "revoke" | "introspect" | "userinfo", _) => {
            Err(OauthError::new(405, "invalid_request", "HTTP method not allowed"))
        }
        _ => return Answer::html(404, "<html><body>URL No Longer Exists</body></html>".to_owned()),
    };
    answer.unwrap_or_else(Answer::from)
}

fn token(state: &mut State, request: &Request) -> Result<Answer, OauthError> {
    if request.media_type() != "application/x-www-form-urlencoded" {
        return Err(OauthError::new(400, "unsupported_grant_type", "grant type not supported"));
    }
    let form = Form::read(request);
    match form.required("grant_type")? {
        JWT_BEARER => by_assertion(state, request, &form),
        "client_credentials" => by_credentials(state, request, &form),
        "authorization_code" => by_code(state, request, &form),
        "refresh_token" => by_refresh(state, request, &form),
        _ => Err(OauthError::new(400, "unsupported_grant_type", "grant type not supported")),
    }
}

/// Whether the client is the one that is registered; its secret is required, or allowed to be missing.
fn client(state: &State, form: &Form, secret: Secret) -> Result<(), OauthError> {
    if form.required("client_id")? != state.config.consumer_key {
        return Err(OauthError::unknown_client());
    }
    match (form.get("client_secret"), secret) {
        (Some(given), _) if given == state.config.client_secret => Ok(()),
        (None, Secret::Optional) => Ok(()),
        (Some(_) | None, _) => Err(OauthError::new(400, "invalid_client", "invalid client credentials")),
    }
}

/// Whether a request must carry the client's secret.
#[derive(Clone, Copy)]
enum Secret {
    Required,
    Optional,
}

fn by_assertion(state: &mut State, request: &Request, form: &Form) -> Result<Answer, OauthError> {
    let mut audiences = state.config.audiences.clone();
    audiences.push(request.base());
    let certificate = state.config.certificate.as_deref();
    let claims = jwt::verify(form.required("assertion")?, certificate, &audiences)?;
    if claims.issuer != state.config.consumer_key {
        return Err(OauthError::unknown_client());
    }
    let approved =
        |user: &&OrgUser| user.username == claims.subject && user.approval == Approval::Preapproved;
    let user = state.config.users.iter().find(approved);
    let user = user.ok_or_else(|| OauthError::grant("user hasn't approved this consumer"))?;
    let id = state.user_id(&user.username);
    let access = state.grants.open(&id, SCOPE);
    let base = request.base();
    let body = Ordered(vec![
        ("access_token", access.into()),
        ("scope", SCOPE.into()),
        ("instance_url", base.clone().into()),
        ("id", identity_url(state, &base, &id).into()),
        ("token_type", "Bearer".into()),
    ]);
    Ok(Answer::json(200, body.text()))
}

fn by_credentials(state: &mut State, request: &Request, form: &Form) -> Result<Answer, OauthError> {
    client(state, form, Secret::Required)?;
    let run_as = state.config.users.first().map(|user| user.username.clone());
    let run_as = run_as.ok_or_else(|| OauthError::grant("no client credentials user enabled"))?;
    let id = state.user_id(&run_as);
    let access = state.grants.open(&id, "api");
    Ok(granted(state, request, &id, "api", access, None))
}

fn by_code(state: &mut State, request: &Request, form: &Form) -> Result<Answer, OauthError> {
    client(state, form, Secret::Required)?;
    let verifier = form.get("code_verifier").ok_or_else(|| OauthError::grant("invalid code verifier"))?;
    let code = state.grants.redeem(form.required("code")?);
    let code = code.ok_or_else(|| OauthError::grant("expired authorization code"))?;
    if form.get("redirect_uri") != Some(&code.redirect) {
        let description = "redirect_uri must match configuration";
        return Err(OauthError::new(400, "redirect_uri_mismatch", description));
    }
    if !code.verified_by(verifier) {
        return Err(OauthError::grant("invalid code verifier"));
    }
    if code.scope.split(' ').any(|scope| scope == "refresh_token") {
        let (access, refresh) = state.grants.open_lasting(&code.user, &code.scope);
        Ok(granted(state, request, &code.user, &code.scope, access, Some(refresh)))
    } else {
        let access = state.grants.open(&code.user, &code.scope);
        Ok(granted(state, request, &code.user, &code.scope, access, None))
    }
}

fn by_refresh(state: &mut State, request: &Request, form: &Form) -> Result<Answer, OauthError> {
    client(state, form, Secret::Optional)?;
    let refreshed = state.grants.refresh(form.required("refresh_token")?);
    let (access, refresh, lasting) =
        refreshed.ok_or_else(|| OauthError::grant("expired access/refresh token"))?;
    Ok(granted(state, request, &lasting.user, &lasting.scope, access, refresh))
}

/// A granted token. There is no `expires_in`: a real org does not say.
fn granted(
    state: &State,
    request: &Request,
    user: &str,
    scope: &str,
    access: String,
    refresh: Option<String>,
) -> Answer {
    let base = request.base();
    let mut members = vec![("access_token", Value::from(access))];
    members.extend(refresh.map(|refresh| ("refresh_token", Value::from(refresh))));
    members.extend([
        ("signature", super::grants::secret().into()),
        ("token_format", "opaque".into()),
        ("scope", scope.into()),
        ("instance_url", base.clone().into()),
        ("id", identity_url(state, &base, user).into()),
        ("token_type", "Bearer".into()),
        ("issued_at", clock::now().as_millisecond().to_string().into()),
    ]);
    Answer::json(200, Ordered(members).text())
}

fn identity_url(state: &State, base: &str, user: &str) -> String {
    format!("{base}/id/{}/{user}", state.config.org_id)
}

/// Approves at once and sends the reader back with a code. `login_hint` chooses the user; the first is taken otherwise.
fn authorize(state: &mut State, request: &Request) -> Result<Answer, OauthError> {
    let form = Form { pairs: request.query.clone() };
    if form.required("client_id")? != state.config.consumer_key {
        return Err(OauthError::unknown_client());
    }
    let redirect = form.required("redirect_uri")?;
    if !state.config.redirect_uris.iter().any(|known| known == redirect) {
        let description = "redirect_uri must match configuration";
        return Err(OauthError::new(400, "redirect_uri_mismatch", description));
    }
    let separator = if redirect.contains('?') { '&' } else { '?' };
    let returned =
        form.get("state").map(|text| format!("&state={}", percent_encoded(text))).unwrap_or_default();
    let back =
        |outcome: String| Ok(Answer::redirect(302, format!("{redirect}{separator}{outcome}{returned}")));
    let failed = |error: &str, description: &str| {
        back(format!("error={error}&error_description={}", percent_encoded(description)))
    };
    if form.get("response_type") != Some("code") {
        return failed("unsupported_response_type", "response type not supported");
    }
    // RFC 7636 4.2: the challenge of S256 is 43 characters of base64url.
    let challenge = form.get("code_challenge").unwrap_or_default();
    let shaped = challenge.len() == 43
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if challenge.is_empty() {
        return failed("invalid_request", "missing required code challenge");
    }
    if !shaped || form.get("code_challenge_method").is_some_and(|method| method != "S256") {
        return failed("invalid_request", "invalid code challenge");
    }
    let hinted = |user: &&OrgUser| form.get("login_hint").is_none_or(|hint| hint == user.username);
    let Some(user) = state.config.users.iter().find(hinted).map(|user| user.username.clone()) else {
        return failed("access_denied", "end-user denied authorization");
    };
    let scope = form.get("scope").unwrap_or(SCOPE);
    let id = state.user_id(&user);
    let code = state.grants.code(&id, scope, redirect, challenge);
    back(format!("code={}", percent_encoded(&code)))
}

fn revoke(state: &mut State, request: &Request) -> Result<Answer, OauthError> {
    let mut form = Form::read(request);
    form.pairs.extend(request.query.iter().cloned());
    if state.grants.revoke(form.required("token")?) {
        Ok(Answer::empty(200))
    } else {
        Err(OauthError::new(400, "unsupported_token_type", "this token type is not supported"))
    }
}

fn introspect(state: &State, request: &Request) -> Result<Answer, OauthError> {
    let form = Form::read(request);
    client(state, &form, Secret::Required)?;
    let token = form.required("token")?;
    let Some(session) = state.grants.session(token) else {
        return Ok(Answer::json(200, json!({"active": false}).to_string()));
    };
    let row = state.records.row(&session.user);
    let username = row.and_then(|row| row.value("Username").as_str()).unwrap_or_default();
    let body = json!({
        "active": true,
        "scope": session.scope,
        "client_id": state.config.consumer_key,
        "username": username,
        "sub": identity_url(state, &request.base(), &session.user),
        "token_type": "access_token",
        "iat": session.issued.as_second(),
        "nbf": session.issued.as_second(),
        "exp": session.ends.as_second(),
    });
    Ok(Answer::json(200, body.to_string()))
}

/// Who the token belongs to, as OpenID Connect says it.
fn userinfo(state: &mut State, request: &Request) -> Answer {
    let session = request.token().ok().and_then(|token| state.grants.use_session(token));
    let row = session.and_then(|session| state.records.row(&session.user));
    let Some(row) = row else { return Answer::html(403, "Bad_OAuth_Token".to_owned()) };
    let base = request.base();
    let body = json!({
        "sub": identity_url(state, &base, &row.id),
        "user_id": row.id,
        "organization_id": state.config.org_id,
        "preferred_username": row.value("Username"),
        "nickname": row.value("Alias"),
        "name": row.value("Name"),
        "email": row.value("Email"),
        "email_verified": true,
        "given_name": row.value("FirstName"),
        "family_name": row.value("LastName"),
        "user_type": "STANDARD",
        "active": row.value("IsActive"),
        "urls": {
            "rest": format!("{base}/services/data/v{{version}}/"),
            "sobjects": format!("{base}/services/data/v{{version}}/sobjects/"),
            "query": format!("{base}/services/data/v{{version}}/query/"),
        },
    });
    Answer::json(200, body.to_string())
}

/// The identity address: the same person for its own token.
pub(super) fn identity(state: &mut State, request: &Request, org: &str, user: &str) -> Answer {
    let session = request.token().ok().and_then(|token| state.grants.use_session(token));
    let Some(session) = session else { return Answer::html(403, "Missing_OAuth_Token".to_owned()) };
    if org != state.config.org_id || user != session.user {
        return Answer::html(404, "Bad_Id".to_owned());
    }
    let Some(row) = state.records.row(user) else { return Answer::html(404, "Bad_Id".to_owned()) };
    let body = json!({
        "id": identity_url(state, &request.base(), user),
        "asserted_user": true,
        "user_id": user,
        "organization_id": org,
        "username": row.value("Username"),
        "display_name": row.value("Name"),
        "email": row.value("Email"),
        "first_name": row.value("FirstName"),
        "last_name": row.value("LastName"),
        "active": row.value("IsActive"),
        "user_type": "STANDARD",
        "is_app_installed": true,
    });
    Answer::json(200, body.to_string())
}
