//! `ctl_intType=rest`: the request is what the tenant file's templates make of the order.
//!
//! Promises: nothing is added but the log-in, the idempotency key and the signature where they are wanted. Leaves to
//! others: the templates' rules (`core::crm::template`).

use super::grant::Login;
use super::recipe::{
    Ask, IdAt, Recipe, SafeBy, basic, bearer, header_name, header_value, known_by, refused, secret_value,
};
use crate::outbound::Schemes;
use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use ringbridge_core::callback::{SigningKey, webhook_id};
use ringbridge_core::crm::template::{Facts, Unfillable};
use ringbridge_core::crm::{Failure, Order, Pages};
use ringbridge_core::tenant::connectors::{self, Auth, IdFrom, PageTemplates, Repeat, Rest};
use ringbridge_core::time::Timestamp;

/// The recipe for an order.
///
/// # Errors
/// What of its values does not fit into the request.
pub(super) fn recipe<'a>(rest: &'a Rest, order: &'a Order, now: Timestamp) -> Result<Recipe<'a>, Failure> {
    let facts = Facts::of(order);
    let body = rest.body.fill(&facts).map_err(unfillable)?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(rest.body.content_type().header()));
    for (name, template) in &rest.headers {
        let value = template.fill(&facts).map_err(unfillable)?;
        headers.insert(header_name(name)?, header_value(&value)?);
    }
    let safe_by = match &rest.repeat {
        Repeat::Key { header } => {
            headers.insert(header_name(header)?, header_value(&order.call.guid.0)?);
            known_by(order, header)
        }
        Repeat::LookUp { url, pointer } => {
            let ask = Ask::get(url.fill(&facts).map_err(unfillable)?);
            SafeBy::LookUp { ask: Box::new(ask), pointer: pointer.clone() }
        }
        Repeat::Never => SafeBy::Nothing,
    };
    if let Some(secret) = &rest.signing_secret {
        let key = SigningKey::from_secret(secret).map_err(|bad| refused("BAD_SETTING", &bad.to_string()))?;
        let signed = key.headers(&webhook_id(&order.call.guid), now, &body);
        for (name, value) in signed.pairs() {
            headers.insert(HeaderName::from_static(name), header_value(value)?);
        }
    }
    let method = match rest.method {
        connectors::Method::Post => Method::POST,
        connectors::Method::Put => Method::PUT,
        connectors::Method::Patch => Method::PATCH,
    };
    let url = rest.url.fill(&facts).map_err(unfillable)?;
    Ok(Recipe {
        ask: Ask { method, url, headers, body },
        schemes: if rest.test_endpoint { Schemes::HttpAndHttps } else { Schemes::HttpsOnly },
        login: login(&rest.auth)?,
        id: match &rest.id {
            IdFrom::Pointer(pointer) => IdAt::Pointer(pointer.clone()),
            IdFrom::Header(name) => IdAt::Header(name.clone()),
            IdFrom::Chosen(template) => IdAt::Chosen(template.fill(&facts).map_err(unfillable)?),
        },
        safe_by,
        exists: None,
        after: Box::new(|_| None),
        pages: Box::new(move |id| pages(rest.pages.as_ref()?, order, id)),
        object: order.object.clone(),
        notes: Vec::new(),
    })
}

/// The record's pages; none where their addresses cannot be filled, which is no reason to have no record.
fn pages(templates: &PageTemplates, order: &Order, id: &str) -> Option<Pages> {
    let facts = Facts { order, record: id };
    let view = templates.view.fill(&facts).ok()?;
    let edit = match &templates.edit {
        Some(edit) => edit.fill(&facts).ok()?,
        None => view.clone(),
    };
    Some(Pages { view, edit })
}

fn login(auth: &Auth) -> Result<Login, Failure> {
    match auth {
        Auth::None => Ok(Login::None),
        Auth::Bearer(secret) => bearer(secret.expose()),
        Auth::Basic { user, password } => basic(user, password.expose()),
        Auth::Header { name, value } => Ok(Login::Header(header_name(name)?, secret_value(value.expose())?)),
        Auth::Client(client) => Ok(Login::Client(Box::new(client.clone()))),
    }
}

fn unfillable(why: Unfillable) -> Failure {
    let code = match why {
        Unfillable::TooLong => "TOO_LONG",
        Unfillable::DotSegment => "BAD_ADDRESS",
    };
    refused(code, &why.to_string())
}
