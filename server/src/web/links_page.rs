//! `GET /AGUI/links/`: the link builder and checker, as a frame with the tenant's pick lists, that its scripts fill.
//!
//! Promises: nothing is called from here but by the test call's own button. Leaves to others: reading and writing links
//! (`api::links`), the form's life (`assets/builder.js`, `assets/links.js`).

use super::App;
use super::console::to_login;
use super::header::Who;
use super::problem::{Problem, page};
use super::session::Caller;
use axum::extract::State;
use axum::response::Response;
use ringbridge_core::system_data::Integration;
use ringbridge_core::tenant::Tenant;
use ringbridge_core::token::Token;
use std::sync::Arc;

#[derive(askama::Template)]
#[template(path = "links.html")]
struct LinksPage<'a> {
    who: Who<'a>,
    tenant: &'a Tenant,
    tokens: [Token; 20],
    integrations: [(Integration, &'static str); 5],
    examples: &'static [Example],
}

/// A link to start from.
struct Example {
    name: &'static str,
    about: &'static str,
    link: &'static str,
}

/// The reference's three as it prints them, and three of ours.
const EXAMPLES: &[Example] = &[
    Example {
        name: "Just call",
        about: "The number of the account, and nothing else.",
        link: "https://HOST/AGUI/make_call.php?phone={!Account.Phone}",
    },
    Example {
        name: "Tell another system",
        about: "What the agent picked and wrote in wrap-up goes to a callback URL.",
        link: "https://HOST/AGUI/make_call.php?phone={{contact.phone}}&ctl_userdata=[contact|{{contact.id}}]\
               [duration|$callDuration$][codes|$transaction_codes$][notes|$notes$]\
               [ctl_callbackUrl|https://crm.example.com/calls?id=$transaction_id$]",
    },
    Example {
        name: "Task in Salesforce",
        about: "A completed Task on the contact, opened for editing after wrap-up.",
        link: "https://HOST/AGUI/make_call.php?phone={!Contact.Phone}&ctl_userdata=[ctl_action|create][ctl_intType|sfdc]\
               [ObjectType|Task][Subject|Call to {!Contact.Name}][Status|Completed][WhoId|{!Contact.Id}]\
               [Description|$notes$][ActivityDate|$year$-$month$-$date$][ctl_launchopt|true][ctl_launchext|edit]\
               [ctl_parentid|{!Contact.Id}]&extTransactionData=[extRecordId|{!Contact.Id}][extRecordType|Contact]",
    },
    Example {
        name: "Reference, Example 1",
        about: "A Task on the account, as the reference prints it.",
        link: include_str!("../../../core/tests/reference/example-1.txt"),
    },
    Example {
        name: "Reference, Example 2",
        about: "A screen pop, with the reference's own slip.",
        link: include_str!("../../../core/tests/reference/example-2.txt"),
    },
    Example {
        name: "Reference, Example 3",
        about: "A callback, with the reference's own slips.",
        link: include_str!("../../../core/tests/reference/example-3.txt"),
    },
];

/// What `ctl_intType` is called in a list.
const fn integration(kind: Integration) -> (Integration, &'static str) {
    let name = match kind {
        Integration::Sfdc => "Salesforce",
        Integration::Rest => "Any CRM over HTTP",
        Integration::Hubspot => "HubSpot",
        Integration::Zendesk => "Zendesk",
        Integration::Dynamics => "Microsoft Dynamics 365",
    };
    (kind, name)
}

/// `GET /AGUI/links/`
pub async fn get(State(_): State<Arc<App>>, caller: Option<Caller>) -> Result<Response, Problem> {
    let Some(caller) = caller else { return Ok(to_login()) };
    Ok(page(&LinksPage {
        who: Who::of(&caller)?,
        tenant: &caller.tenant,
        tokens: Token::ALL,
        integrations: Integration::ALL.map(integration),
        examples: EXAMPLES,
    }))
}
