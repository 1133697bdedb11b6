//! `[tenant.rest]`, `[tenant.hubspot]`, `[tenant.zendesk]` and `[tenant.dynamics]`.
//!
//! Promises: templates are parsed here, so that what they name exists and their places hold every value; what one choice
//! needs is there; hosts are the vendors' own and addresses https, unless the section is a test endpoint. Leaves to
//! others: the requests (`jobs/crm/rest`).

use super::{Reader, Wanted, words};
use crate::document::{At, Section};
use ringbridge_core::callback::SigningKey;
use ringbridge_core::crm::template::{Body, ContentType, HeaderTemplate, UrlTemplate, Wrong};
use ringbridge_core::tenant::connectors::{
    Auth, Client, Connectors, Dynamics, Hubspot, IDEMPOTENCY_HEADER, IdFrom, Method, PageTemplates, Repeat,
    Rest, Zendesk,
};
use url::Url;

/// A secret as the file wants it.
type Draft = At<Wanted>;

/// Headers that the connector writes itself, or that say how a message is framed.
const OURS: [&str; 12] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "webhook-id",
    "webhook-signature",
];

/// The most headers that can be set: far more than any CRM asks for.
const HEADERS_MAX: usize = 32;

/// The domains of Dynamics 365, of its clouds for governments and of the one in China.
const DYNAMICS: [&str; 4] = [".dynamics.com", ".microsoftdynamics.us", ".appsplatform.us", ".dynamics.cn"];

pub(super) fn read(tenant: &Section<'_>, reader: &Reader<'_>) -> Connectors<Draft> {
    Connectors {
        rest: tenant.section("rest").and_then(|section| rest(&section, reader)),
        hubspot: tenant.section("hubspot").and_then(|section| hubspot(&section, reader)),
        zendesk: tenant.section("zendesk").and_then(|section| zendesk(&section, reader)),
        dynamics: tenant.section("dynamics").and_then(|section| dynamics(&section, reader)),
    }
}

/// Reads everything even where something is wrong, so that all problems are told at once.
fn rest(section: &Section<'_>, reader: &Reader<'_>) -> Option<Rest<Draft>> {
    let test_endpoint = section.flag("test_endpoint").unwrap_or(false);
    let https = Https { reader, wanted: !test_endpoint };
    let method = section.choice("method", &Method::ALL).unwrap_or(Method::Post);
    let url = section.required("url").and_then(|text| https.template(text));
    let headers = section.section("headers").map(|headers| self::headers(&headers, reader));
    let content_type = section.choice("content_type", &ContentType::ALL).unwrap_or(ContentType::Json);
    let body = section.required("body");
    let body = body.and_then(|text| section.understand(text, |text| said(Body::parse(content_type, text))));
    let id = id_from(section);
    let pages = pages(section);
    let repeat = repeat(section, https);
    let auth = auth(section, https);
    let signing_secret = secret(section, "signing_secret");
    if let Some(at) = &signing_secret
        && let Wanted::Set(secret) = &at.value
        && SigningKey::from_secret(secret).is_err()
    {
        reader.refuse(
            at,
            "a signing secret is \"whsec_\" and 1 to 64 bytes (24 or more are advised) in base64",
        );
    }
    Some(Rest {
        method,
        url: url?.value,
        headers: headers.unwrap_or_default(),
        body: body?.value,
        id: id?,
        pages,
        repeat: repeat?,
        auth: auth?,
        signing_secret,
        test_endpoint,
    })
}

fn headers(section: &Section<'_>, reader: &Reader<'_>) -> Vec<(String, HeaderTemplate)> {
    let mut headers = Vec::new();
    let mut names = Vec::new();
    for (name, value) in section.free_texts() {
        let name = section.understand(name, header_name);
        let value = section.understand(value, |text| said(HeaderTemplate::parse(text)));
        if let Some(name) = &name {
            names.push(name.clone().map(|name| name.to_ascii_lowercase()));
        }
        headers.extend(name.zip(value).map(|(name, value)| (name.value, value.value)));
    }
    reader.unique(&names, |name| format!("the header \"{name}\" stands there twice"));
    if headers.len() > HEADERS_MAX {
        section.refuse(format!("at most {HEADERS_MAX} headers can be set"));
    }
    headers
}

/// A header's name (RFC 9110, 5.1) that is not ours.
fn header_name(text: &str) -> Result<String, String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.is_empty() || text.len() > 64 || !text.bytes().all(token) {
        return Err(format!("\"{text}\" is no name of a header"));
    }
    match text.to_ascii_lowercase().as_str() {
        "authorization" => {
            Err("the header \"Authorization\" is set by \"auth\", where its secret is kept".into())
        }
        name if OURS.contains(&name) => Err(format!("the header \"{text}\" is set by Ringbridge itself")),
        _ => Ok(text.to_owned()),
    }
}

fn id_from(section: &Section<'_>) -> Option<IdFrom> {
    let pointer = section.parsed("id_pointer", pointer).map(|at| IdFrom::Pointer(at.value));
    let header = section.parsed("id_header", |text| match text.is_empty() {
        true => Err("\"id_header\" must not be empty".to_owned()),
        false => Ok(IdFrom::Header(text.to_owned())),
    });
    let chosen = section.parsed("id", |text| said(HeaderTemplate::parse(text)));
    let keys = ["id_pointer", "id_header", "id"].into_iter().filter(|key| section.has(key));
    if keys.count() != 1 {
        section.refuse_at(
            "id_pointer",
            "the new record's id is found by one of \"id_pointer\" (in the answer's JSON), \"id_header\" (in a header of \
             it) and \"id\" (the request itself names it)",
        );
        return None;
    }
    pointer.or_else(|| header.map(|at| at.value)).or_else(|| chosen.map(|at| IdFrom::Chosen(at.value)))
}

/// A JSON pointer (RFC 6901) to a part of a document.
fn pointer(text: &str) -> Result<String, String> {
    let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    match text.starts_with('/') && escapes {
        true => Ok(text.to_owned()),
        false => Err(format!("\"{text}\" must be a JSON pointer such as \"/data/id\"")),
    }
}

fn pages(section: &Section<'_>) -> Option<PageTemplates> {
    let view = section.parsed("record_url", |text| said(UrlTemplate::parse(text)));
    let edit = section.parsed("edit_url", |text| said(UrlTemplate::parse(text)));
    if section.has("edit_url") && !section.has("record_url") {
        section.refuse_at("record_url", "\"edit_url\" needs \"record_url\" too");
    }
    Some(PageTemplates { view: view?.value, edit: edit.map(|at| at.value) })
}

fn repeat(section: &Section<'_>, https: Https<'_>) -> Option<Repeat> {
    /// The words of the file.
    #[derive(Clone, Copy)]
    enum Word {
        Key,
        LookUp,
        Never,
    }
    let words = [("idempotency-key", Word::Key), ("look-up", Word::LookUp), ("never", Word::Never)];
    match section.choice("repeat", &words).unwrap_or(Word::Key) {
        Word::Key => {
            let header = section.parsed("idempotency_header", header_name).map(|at| at.value);
            Some(Repeat::Key { header: header.unwrap_or_else(|| IDEMPOTENCY_HEADER.to_owned()) })
        }
        Word::LookUp => {
            let url = section.required("look_up_url").and_then(|text| https.template(text));
            let pointer = section.required("look_up_pointer");
            let pointer = pointer.and_then(|text| section.understand(text, self::pointer));
            Some(Repeat::LookUp { url: url?.value, pointer: pointer?.value })
        }
        Word::Never => Some(Repeat::Never),
    }
}

fn auth(section: &Section<'_>, https: Https<'_>) -> Option<Auth<Draft>> {
    /// The words of the file.
    #[derive(Clone, Copy)]
    enum Word {
        None,
        Bearer,
        Basic,
        Header,
        OAuth,
    }
    let words = [
        ("none", Word::None),
        ("bearer", Word::Bearer),
        ("basic", Word::Basic),
        ("header", Word::Header),
        ("oauth", Word::OAuth),
    ];
    match section.choice("auth", &words).unwrap_or(Word::None) {
        Word::None => Some(Auth::None),
        Word::Bearer => Some(Auth::Bearer(needed_secret(section, "secret")?)),
        Word::Basic => {
            let user = section.required("user").and_then(|text| section.understand(text, user));
            let password = needed_secret(section, "secret");
            Some(Auth::Basic { user: user?.value, password: password? })
        }
        Word::Header => {
            let name = section.required("auth_header");
            let name = name.and_then(|text| match text.value.eq_ignore_ascii_case("authorization") {
                true => Some(text.map(str::to_owned)),
                false => section.understand(text, header_name),
            });
            let value = needed_secret(section, "secret");
            Some(Auth::Header { name: name?.value, value: value? })
        }
        Word::OAuth => {
            let token_url = section.required("token_url").and_then(|text| https.address(text));
            let id = section.required("client_id");
            let secret = needed_secret(section, "secret");
            let scope = section.filled("scope").map(|at| at.value.to_owned());
            Some(Auth::Client(Client {
                token_url: token_url?.value,
                id: id?.value.to_owned(),
                secret: secret?,
                scope,
            }))
        }
    }
}

/// A user of Basic authentication (RFC 7617): the colon ends it.
fn user(text: &str) -> Result<String, String> {
    match text.contains(|c: char| c == ':' || c.is_control()) {
        true => Err("a user of Basic authentication has no \":\"".to_owned()),
        false => Ok(text.to_owned()),
    }
}

fn hubspot(section: &Section<'_>, reader: &Reader<'_>) -> Option<Hubspot<Draft>> {
    let test_endpoint = section.flag("test_endpoint").unwrap_or(false);
    let access_token = needed_secret(section, "access_token");
    let unique_property = section.parsed("unique_property", |text| {
        let fine = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        fine.then(|| text.to_owned()).ok_or_else(|| format!("\"{text}\" must be a property's internal name"))
    });
    let portal = section.parsed("portal", |text| {
        let fine = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        fine.then(|| text.to_owned()).ok_or_else(|| format!("\"{text}\" must be the account's number"))
    });
    let base_url = for_tests(section, "base_url", Https { reader, wanted: !test_endpoint });
    Some(Hubspot {
        access_token: access_token?,
        unique_property: unique_property.map(|at| at.value),
        portal: portal.map(|at| at.value),
        base_url,
        test_endpoint,
    })
}

fn zendesk(section: &Section<'_>, reader: &Reader<'_>) -> Option<Zendesk<Draft>> {
    let test_endpoint = section.flag("test_endpoint").unwrap_or(false);
    let subdomain = section.required("subdomain").and_then(|text| {
        section.understand(text, |text| {
            let fine = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            fine.then(|| text.to_owned())
                .ok_or_else(|| format!("\"{text}\" must be what stands before .zendesk.com, and no more"))
        })
    });
    let email = section.required("email").and_then(|text| section.understand(text, user));
    let api_token = needed_secret(section, "api_token");
    let base_url = for_tests(section, "base_url", Https { reader, wanted: !test_endpoint });
    Some(Zendesk {
        subdomain: subdomain?.value,
        email: email?.value,
        api_token: api_token?,
        base_url,
        test_endpoint,
    })
}

fn dynamics(section: &Section<'_>, reader: &Reader<'_>) -> Option<Dynamics<Draft>> {
    let test_endpoint = section.flag("test_endpoint").unwrap_or(false);
    let https = Https { reader, wanted: !test_endpoint };
    let url = section.required("url").and_then(|text| https.origin(text));
    if let Some(url) = url.as_ref().filter(|_| !test_endpoint) {
        let host = Url::parse(&url.value).ok().and_then(|url| url.host_str().map(str::to_owned));
        if !host.is_some_and(|host| DYNAMICS.iter().any(|domain| host.ends_with(domain))) {
            reader.refuse(
                url,
                "\"url\" must be the organisation's, such as \"https://contoso.crm.dynamics.com\"",
            );
        }
    }
    let directory = section.required("directory").and_then(|text| {
        section.understand(text, |text| {
            let fine = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
            fine.then(|| text.to_owned())
                .ok_or_else(|| format!("\"{text}\" must be the id or the domain of the Entra tenant"))
        })
    });
    let client_id = section.required("client_id");
    let client_secret = needed_secret(section, "client_secret");
    let token_url = for_tests(section, "token_url", https);
    Some(Dynamics {
        url: url?.value,
        directory: directory?.value,
        client_id: client_id?.value.to_owned(),
        client_secret: client_secret?,
        token_url,
        test_endpoint,
    })
}

/// An address that only a test endpoint has: a vendor's own cannot be bent elsewhere by mistake.
fn for_tests(section: &Section<'_>, key: &'static str, https: Https<'_>) -> Option<String> {
    let at = https.address(section.filled(key)?)?;
    if https.wanted {
        https.reader.refuse(&at, format!("\"{key}\" is for tests; it needs test_endpoint = true"));
    }
    Some(at.value.trim_end_matches('/').to_owned())
}

fn secret(section: &Section<'_>, key: &'static str) -> Option<Draft> {
    section.filled(key).map(|at| at.map(Wanted::of))
}

fn needed_secret(section: &Section<'_>, key: &'static str) -> Option<Draft> {
    section.required(key).map(|at| at.map(Wanted::of))
}

fn said<T>(result: Result<T, Wrong>) -> Result<T, String> {
    result.map_err(|wrong| wrong.to_string())
}

/// Whether addresses must be https: everywhere but at test endpoints.
#[derive(Clone, Copy)]
struct Https<'a> {
    reader: &'a Reader<'a>,
    wanted: bool,
}

impl Https<'_> {
    fn check<T>(self, at: At<T>, is_https: impl FnOnce(&T) -> bool) -> Option<At<T>> {
        if self.wanted && !is_https(&at.value) {
            self.reader.refuse(&at, "the address must begin with https://, unless test_endpoint = true");
        }
        Some(at)
    }

    fn template(self, text: At<&str>) -> Option<At<UrlTemplate>> {
        let at = At { value: text.value.to_owned(), place: text.place };
        match UrlTemplate::for_request(&at.value) {
            Ok(template) => self.check(at.map(|_| template), UrlTemplate::is_https),
            Err(wrong) => {
                self.reader.refuse(&at, wrong.to_string());
                None
            }
        }
    }

    fn address(self, text: At<&str>) -> Option<At<String>> {
        let at = At { value: text.value.to_owned(), place: text.place };
        match words::web_address(&at.value) {
            Ok(_) => self.check(at, |url| url.starts_with("https:")),
            Err(sentence) => {
                self.reader.refuse(&at, sentence);
                None
            }
        }
    }

    /// An address without a path.
    fn origin(self, text: At<&str>) -> Option<At<String>> {
        let at = self.address(text)?.map(|url| url.trim_end_matches('/').to_owned());
        let bare = Url::parse(&at.value).is_ok_and(|url| {
            url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
        });
        if !bare {
            self.reader.refuse(&at, "the address ends with its host, without a path");
        }
        Some(at)
    }
}
