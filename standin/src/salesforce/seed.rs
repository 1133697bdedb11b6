//! The records that a fresh org has.
//!
//! Promises: the users of the configuration, two accounts (one with the id of the reference's Example 1), contacts, a lead,
//! an opportunity, a case, and enough permission sets for a second page. Leaves to others: everything made later.

use super::{
    Org, OrgUser, State, body, ids,
    records::{Author, Duplicates},
    values::{self, Write},
};
use serde_json::{Value, json};

/// The id of the account in the reference's Example 1.
pub const REFERENCE_ACCOUNT: &str = "001D000000IqhSLIAZ";
/// Another account.
pub const ACCOUNT: &str = "0015e0000000001AAA";
/// Its contact.
pub const CONTACT: &str = "0035e0000000002AAA";
/// A lead.
pub const LEAD: &str = "00Q5e0000000003EAA";

/// How many permission sets there are: more than the smallest page of a query.
const PERMISSION_SETS: u32 = 250;

/// Fills a fresh org.
pub(super) fn seed(state: &mut State) {
    let users = state.config.users.clone();
    for (number, user) in users.iter().enumerate() {
        add_user(state, number, user);
    }
    let add = |state: &mut State, object: &str, id: Option<&str>, members: Value| {
        state.add(object, id, &members).expect("what is seeded is valid")
    };
    add(
        state,
        "Account",
        Some(REFERENCE_ACCOUNT),
        json!({"Name": "Acme Corporation", "Phone": "+1 650 555 1234", "Industry": "Technology"}),
    );
    let account = add(
        state,
        "Account",
        Some(ACCOUNT),
        json!({"Name": "Northwind Traders", "Phone": "+1 415 555 0100", "Industry": "Manufacturing"}),
    );
    add(
        state,
        "Contact",
        Some(CONTACT),
        json!({"FirstName": "Rose", "LastName": "Gonzalez", "Email": "rose@example.com", "Phone": "+1 415 555 0101",
               "AccountId": account}),
    );
    add(
        state,
        "Contact",
        None,
        json!({"FirstName": "Sean", "LastName": "Forbes", "Email": "sean@example.com",
               "Phone": "+1 650 555 1235", "AccountId": REFERENCE_ACCOUNT}),
    );
    add(
        state,
        "Lead",
        Some(LEAD),
        json!({"FirstName": "Bertha", "LastName": "Boxer", "Company": "Farmers Coop", "Email": "bertha@example.com",
               "Phone": "+1 850 555 2001"}),
    );
    add(
        state,
        "Opportunity",
        None,
        json!({"Name": "Northwind renewal", "StageName": "Prospecting", "CloseDate": "2027-03-31", "AccountId": account}),
    );
    add(state, "Case", None, json!({"Subject": "Line is down", "Origin": "Phone", "AccountId": account}));
    for number in 0..PERMISSION_SETS {
        let name = format!("Set_{number}");
        add(state, "PermissionSet", None, json!({"Name": name, "Label": name}));
    }
}

fn add_user(state: &mut State, number: usize, user: &OrgUser) {
    let id = ids::make("005", u64::try_from(number + 1).expect("few users"));
    let alias: String = user.username.chars().take(8).collect();
    let members = json!({
        "Username": user.username,
        "FirstName": user.first_name,
        "LastName": user.last_name,
        "Email": user.email,
        "Alias": alias,
        "IsActive": true,
        "FederationIdentifier": user.email,
    });
    state.add("User", Some(&id), &members).expect("a user of the configuration is valid");
}

impl State {
    /// Makes a record as the org itself, with an id of the caller's choice if it has one.
    pub(super) fn add(&mut self, object: &str, id: Option<&str>, members: &Value) -> Result<String, String> {
        let object =
            self.schema.object(object).cloned().ok_or_else(|| format!("there is no object {object}"))?;
        let members = body::read(members.to_string().as_bytes()).map_err(|refusal| refusal.body())?;
        let values = values::check(&self.schema, &object, &members, Write::Create);
        let values = values.map_err(|refusal| refusal.body())?;
        let user = ids::make("005", 1);
        let author = Author { user: &user, duplicates: Duplicates::Allow };
        let made = match id {
            Some(id) => {
                let full = ids::normalise(id).filter(|id| id.starts_with(object.prefix));
                let full = full.ok_or_else(|| format!("{id} is no id of {}", object.name))?;
                if self.records.row(&full).is_some() {
                    return Err(format!("{full} is there already"));
                }
                self.records.insert(&self.schema, &object, full, values, author)
            }
            None => self.records.create(&self.schema, &object, values, author),
        };
        made.map_err(|refusal| refusal.body())
    }
}

impl Org {
    /// Makes a record without a request, with this id if one is given; its 18-character id.
    ///
    /// # Errors
    /// What the org answers to a create with these members.
    pub fn add(&self, object: &str, id: Option<&str>, members: &Value) -> Result<String, String> {
        self.state().add(object, id, members)
    }
}
