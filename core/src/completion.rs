//! Completion: the tokens get their values, the record is ordered, and once it is settled the rest is written out.
//!
//! Promises: [`complete`] and [`follow_up`] are pure functions of what was agreed and what happened; asked again with the
//! same facts they answer the same, so that each step can be worked out when its turn comes (semantics 5). Leaves to
//! others: the call itself (`call`), replacing tokens (`token`), doing it (the server's `jobs`).

mod facts;

pub use facts::{AgentFacts, Facts, TENANT_TIME, duration_seconds};

use crate::callback::{Callback, webhook_id};
use crate::crm::{self, Created, Order, Purpose, Related};
use crate::system_data::{Action, Integration};
use crate::tenant::{ScreenPop, Tenant};
use crate::token;
use crate::userdata::Userdata;
use serde::{Deserialize, Serialize};

/// What became of `ctl_action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResultCode {
    /// The record was created.
    Success,
    /// It was tried and failed.
    Fail,
    /// There was nothing to do, or nothing to do it with.
    Ignore,
}

impl ResultCode {
    /// As the reference writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Fail => "FAIL",
            Self::Ignore => "IGNORE",
        }
    }
}

/// What of the tenant's settings completion needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserdataForm {
    /// The bracket form alone: the documented body.
    Brackets,
    /// `ctl_userdata_json` goes along.
    BracketsAndJson,
}

/// What the tenant's integrations were when the click was accepted. Addresses and secrets are not here: they are looked up
/// when they are needed, so that a rotated secret works for what is waiting.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AfterCall {
    /// The CRMs that are connected.
    pub connected: Vec<Integration>,
    /// By what a CRM knows our GUID again, where the tenant names it: a field, a header (5.6).
    pub keys: Vec<(Integration, String)>,
    /// Whether logs are linked to `extTransactionData` (5.3).
    pub linking: Linking,
    /// Whether a call without `create` gets a log of its own (5.3).
    pub auto_log: AutoLog,
    /// Screen pop settings, if there are any (5.4).
    pub screen_pop: Option<ScreenPop>,
}

/// Whether logs are linked to the record that the click came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linking {
    /// No: the tenant has no Enhanced integration.
    #[default]
    Off,
    /// Yes.
    Enhanced,
}

/// Whether a call without `create` gets a log of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoLog {
    /// No.
    #[default]
    Off,
    /// Yes.
    On,
}

impl AfterCall {
    /// The tenant's integrations as they are now.
    #[must_use]
    pub fn of(tenant: &Tenant) -> Self {
        let salesforce = tenant.salesforce.as_ref();
        let enhanced = salesforce.is_some_and(|salesforce| salesforce.enhanced);
        let logs = salesforce.is_some_and(|salesforce| salesforce.auto_log);
        let key = salesforce.and_then(|salesforce| salesforce.external_id_field.clone());
        let key = key.map(|field| (Integration::Sfdc, field));
        Self {
            connected: tenant.connected(),
            keys: key.into_iter().chain(tenant.connectors.keys()).collect(),
            linking: if enhanced { Linking::Enhanced } else { Linking::Off },
            auto_log: if logs { AutoLog::On } else { AutoLog::Off },
            screen_pop: tenant.screen_pop.clone(),
        }
    }
}

/// What a link asks to be done when its call is over.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// `ctl_userdata`
    pub userdata: &'a Userdata,
    /// `extTransactionData`
    pub ext: &'a Userdata,
}

/// What became of `ctl_action`, once it is settled (5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionResult {
    /// In the reference's word.
    pub code: ResultCode,
    /// Why, where it was not done; empty after a success.
    pub error_string: String,
    /// The record that exists now.
    pub record: Option<Created>,
}

impl ActionResult {
    /// Nothing was done, for this reason.
    #[must_use]
    pub const fn ignored(reason: String) -> Self {
        Self { code: ResultCode::Ignore, error_string: reason, record: None }
    }

    /// What the CRM's last word makes of it.
    #[must_use]
    pub fn of(outcome: &crm::Outcome) -> Self {
        match outcome {
            crm::Outcome::Created(created) => {
                Self { code: ResultCode::Success, error_string: String::new(), record: Some(created.clone()) }
            }
            crm::Outcome::Failed(failure) => {
                Self { code: ResultCode::Fail, error_string: failure.sentence(), record: None }
            }
        }
    }
}

/// What completion comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// What is to be done about `ctl_action`.
    pub action: Decided,
    /// The log that is written without being asked for (5.3).
    pub auto_log: Option<Order>,
}

/// What is to be done about `ctl_action`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "short-lived, one for each transaction")]
pub enum Decided {
    /// Nothing more: this is the result.
    Settled(ActionResult),
    /// A record is to be written; its outcome is the result.
    Create(Order),
}

/// What follows once `ctl_action` is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// `ctl_userdata` with its tokens filled and `ctl_newRecordId` appended, in the bracket form (4.4).
    pub userdata: String,
    /// The same as pairs with their exact values, for JSON (4.4).
    pub pairs: Vec<(String, String)>,
    /// `ctl_recordname` with its tokens filled: what the screen pop's window is called after (5.4).
    pub record_name: Option<String>,
    /// The callback to send, if the link asked for one (5.5).
    pub callback: Option<Callback>,
}

/// Settles what there is to do: the token values are those of `facts` from here on.
#[must_use]
pub fn complete(wish: Wish<'_>, facts: &Facts<'_>, after: &AfterCall) -> Completed {
    let reason = |reason| Decided::Settled(ActionResult::ignored(reason));
    let action = Action::of(wish.userdata);
    let decided = match (&action, action.why_ignored()) {
        (_, Some(why)) => reason(why),
        (Action::Create(integration), None) if after.connected.contains(integration) => {
            Decided::Create(order(wish, facts, after, (Purpose::Create, *integration)))
        }
        (Action::Create(integration), None) => reason(not_connected(*integration)),
        // Every other action has its reason.
        (_, None) => reason(String::new()),
    };
    let logs = after.auto_log == AutoLog::On && matches!(decided, Decided::Settled(_));
    let auto_log = logs.then(|| order(wish, facts, after, (Purpose::AutoLog, Integration::Sfdc)));
    Completed { action: decided, auto_log }
}

/// Why a known integration type is ignored: the same sentence at the click and in `errorString`.
#[must_use]
pub fn not_connected(integration: Integration) -> String {
    format!("no CRM is connected for ctl_intType {} in this tenant", integration.as_str())
}

/// Writes out what follows from the result. Asked again with the same facts and result it answers the same.
#[must_use]
pub fn follow_up(wish: Wish<'_>, facts: &Facts<'_>, form: UserdataForm, result: &ActionResult) -> FollowUp {
    let values = facts.values();
    let mut userdata = token::render(wish.userdata, &values);
    let mut pairs = token::filled_pairs(wish.userdata, &values);
    if let Some(record) = &result.record {
        userdata.push_str("[ctl_newRecordId|");
        token::push_harmless(&mut userdata, &record.id);
        userdata.push(']');
        pairs.push(("ctl_newRecordId".to_owned(), record.id.clone()));
    }
    let url = wish.userdata.system("ctl_callbackUrl").filter(|url| !url.trim().is_empty());
    let callback = url.map(|url| Callback {
        url: token::fill(url, &values, token::Style::UrlComponent).trim().to_owned(),
        userdata: userdata.clone(),
        userdata_pairs: match form {
            UserdataForm::Brackets => None,
            UserdataForm::BracketsAndJson => Some(pairs.clone()),
        },
        result_code: result.code.as_str().to_owned(),
        error_string: result.error_string.clone(),
        webhook_id: webhook_id(facts.guid),
    });
    let record_name =
        wish.userdata.system("ctl_recordname").map(|name| token::fill(name, &values, token::Style::Exact));
    FollowUp { userdata, pairs, record_name, callback }
}

/// Writes down all that a connector needs.
fn order(
    wish: Wish<'_>,
    facts: &Facts<'_>,
    after: &AfterCall,
    (purpose, integration): (Purpose, Integration),
) -> Order {
    let values = facts.values();
    let filled = |value: &str| token::fill(value, &values, token::Style::Exact);
    let mut object = String::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    for pair in wish.userdata.user() {
        if pair.name.eq_ignore_ascii_case("ObjectType") {
            filled(pair.value).trim().clone_into(&mut object);
            continue;
        }
        fields.retain(|(name, _)| !name.eq_ignore_ascii_case(pair.name));
        fields.push((pair.name.to_owned(), filled(pair.value)));
    }
    if purpose == Purpose::AutoLog {
        // What the user data would say was meant for an action that is not done.
        fields.clear();
        object.clear();
    }
    let text = |data: &Userdata, name: &str| {
        let pair = data.pairs().rfind(|pair| pair.name.eq_ignore_ascii_case(name));
        pair.map(|pair| filled(pair.value).trim().to_owned()).filter(|value| !value.is_empty())
    };
    let related = text(wish.ext, "extRecordId")
        .filter(|_| after.linking == Linking::Enhanced || integration != Integration::Sfdc)
        .map(|id| Related { id, kind: text(wish.ext, "extRecordType").unwrap_or_default() });
    let parent = text(wish.userdata, "ctl_parentid");
    let key = after.keys.iter().find(|(known, _)| *known == integration).map(|(_, field)| field.clone());
    Order { purpose, integration, object, fields, related, key, parent, call: facts.for_crm(&values) }
}

#[cfg(test)]
mod tests {
    use super::facts::tests::with_facts;
    use super::*;
    use crate::id::InteractionGuid;

    /// A link's wish, and what completion makes of it on a tenant with these integrations.
    fn completed(userdata: &str, ext: &str, after: &AfterCall) -> Completed {
        let (userdata, ext) = (parsed(userdata), parsed(ext));
        with_facts(true, |facts| complete(Wish { userdata: &userdata, ext: &ext }, facts, after))
    }

    fn parsed(text: &str) -> Userdata {
        Userdata::parse(text).expect("well-formed")
    }

    fn connected() -> AfterCall {
        AfterCall { connected: vec![Integration::Sfdc], ..AfterCall::default() }
    }

    #[test]
    fn rule_5_1_each_action_that_is_not_done_is_ignored_with_its_reason() {
        let ignored = |text: &str| Decided::Settled(ActionResult::ignored(text.to_owned()));
        let action = |text: &str| completed(text, "", &connected()).action;
        assert_eq!(action("[a|b]"), ignored("no ctl_action was given"));
        assert_eq!(action("[ctl_action|fax]"), ignored("ctl_action \"fax\" is not known; known is: create"));
        assert_eq!(
            action("[CTL_ACTION|Create][ctl_inttype|HubSpot]"),
            ignored("no CRM is connected for ctl_intType hubspot in this tenant")
        );
    }

    #[test]
    fn rule_5_2_every_pair_but_object_type_is_a_field_and_the_last_of_a_name_wins() {
        let link = "[ctl_action|create][subject|no][objecttype| task ][WhatId|001][Subject|call ($transaction_id$)]\
                    [ctl_intType|sfdc][Description|$notes$][ctl_parentid|001D]";
        let Decided::Create(order) = completed(link, "[extRecordId|003x]", &connected()).action else {
            panic!("a record is ordered")
        };
        let fields: Vec<_> =
            order.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            (order.purpose, order.integration, order.object.as_str(), fields, order.related, order.parent),
            (
                Purpose::Create,
                Integration::Sfdc,
                "task",
                vec![
                    ("WhatId", "001"),
                    ("Subject", "call (4711)"),
                    ("Description", "said [maybe] | call\nback")
                ],
                None,
                Some("001D".to_owned())
            )
        );
        assert_eq!(order.call.token("transaction_codes"), "Outcome:SOLD,Outcome:CB");
    }

    #[test]
    fn rule_5_3_logs_are_linked_only_with_enhanced_integration_and_there_is_never_a_second_log() {
        let enhanced = AfterCall { linking: Linking::Enhanced, auto_log: AutoLog::On, ..connected() };
        let ext = "[extRecordId|0035w][extRecordType|Contact]";
        let related = Some(Related { id: "0035w".into(), kind: "Contact".into() });

        let created = completed("[ctl_action|create][ctl_intType|sfdc]", ext, &enhanced);
        let Decided::Create(order) = created.action else { panic!("a record is ordered") };
        assert_eq!((order.related, created.auto_log), (related.clone(), None));

        let logged = completed("[Subject|not meant for the log]", ext, &enhanced);
        let log = logged.auto_log.expect("a log of its own");
        assert_eq!((log.purpose, log.related, log.fields), (Purpose::AutoLog, related, vec![]));
        assert!(
            matches!(logged.action, Decided::Settled(_)),
            "the action's result does not wait for the log"
        );

        assert_eq!(completed("[a|b]", ext, &connected()).auto_log, None);
    }

    #[test]
    fn rule_5_6_an_order_bears_the_key_that_its_own_crm_knows_it_by() {
        let keys = vec![(Integration::Hubspot, "guid".to_owned()), (Integration::Sfdc, "Key__c".to_owned())];
        let after = AfterCall { keys, auto_log: AutoLog::On, ..connected() };
        let Decided::Create(order) = completed("[ctl_action|create][ctl_intType|sfdc]", "", &after).action
        else {
            panic!("a record is ordered")
        };
        assert_eq!(order.key.as_deref(), Some("Key__c"));
        let log = completed("[a|b]", "", &after).auto_log.expect("a log of its own");
        assert_eq!(log.key.as_deref(), Some("Key__c"));
        let unkeyed = AfterCall { keys: vec![], ..after };
        assert_eq!(completed("[a|b]", "", &unkeyed).auto_log.expect("a log").key, None);
    }

    #[test]
    fn a_crm_other_than_salesforce_is_told_of_the_record_that_the_click_came_from() {
        let after = AfterCall { connected: vec![Integration::Hubspot], ..AfterCall::default() };
        let link = "[ctl_action|create][ctl_intType|hubspot]";
        let completed = completed(link, "[extRecordId|501][extRecordType|contact]", &after);
        let Decided::Create(order) = completed.action else { panic!("a record is ordered") };
        assert_eq!(order.related, Some(Related { id: "501".into(), kind: "contact".into() }));
        assert_eq!(completed.auto_log, None);
    }

    #[test]
    fn rule_4_2_the_callback_goes_to_the_filled_url_and_carries_the_filled_text() {
        let userdata =
            parsed("[n|$notes$][ctl_recordname|for $notes$][ctl_callbackUrl|https://h.example/p?n=$notes$]");
        let result = ActionResult::ignored("no ctl_action was given".into());
        let wish = Wish { userdata: &userdata, ext: &parsed("") };
        let followed =
            with_facts(true, |facts| follow_up(wish, facts, UserdataForm::BracketsAndJson, &result));
        let url = "https://h.example/p?n=said%20%5Bmaybe%5D%20%7C%20call%0Aback";
        let pairs = vec![
            ("n".to_owned(), "said [maybe] | call\nback".to_owned()),
            ("ctl_recordname".to_owned(), "for said [maybe] | call\nback".to_owned()),
            ("ctl_callbackUrl".to_owned(), url.to_owned()),
        ];
        let text = format!(
            "[n|said (maybe) / call\nback][ctl_recordname|for said (maybe) / call\nback][ctl_callbackUrl|{url}]"
        );
        assert_eq!(
            followed,
            FollowUp {
                userdata: text.clone(),
                pairs: pairs.clone(),
                record_name: Some("for said [maybe] | call\nback".to_owned()),
                callback: Some(Callback {
                    url: url.into(),
                    userdata: text,
                    userdata_pairs: Some(pairs),
                    result_code: "IGNORE".into(),
                    error_string: "no ctl_action was given".into(),
                    webhook_id: webhook_id(&InteractionGuid("int-0190".into())),
                }),
            }
        );
    }

    #[test]
    fn rule_5_2_the_new_record_is_appended_and_can_forge_no_pair() {
        let userdata = parsed("[a|b] ");
        let wish = Wish { userdata: &userdata, ext: &parsed("") };
        let created =
            Created { id: "7][x|$notes$".into(), object: "Task".into(), pages: None, notes: vec![] };
        let result = ActionResult::of(&crm::Outcome::Created(created));
        let followed = with_facts(true, |facts| follow_up(wish, facts, UserdataForm::Brackets, &result));
        assert_eq!(followed.userdata, "[a|b] [ctl_newRecordId|7)(x/$notes$]");
        assert_eq!(followed.pairs.last(), Some(&("ctl_newRecordId".to_owned(), "7][x|$notes$".to_owned())));
        assert_eq!((result.code, result.error_string.as_str()), (ResultCode::Success, ""));
    }

    #[test]
    fn rule_5_1_a_failure_keeps_the_crms_own_words() {
        let failed =
            crm::Outcome::failed(crm::Class::Refused, "STRING_TOO_LONG", "Subject: data value too large");
        assert_eq!(
            ActionResult::of(&failed),
            ActionResult {
                code: ResultCode::Fail,
                error_string: "STRING_TOO_LONG: Subject: data value too large".into(),
                record: None
            }
        );
    }
}
