//! Origins of clicks that were refused or asked about because they are not listed (SEC-2).

use super::super::journal::{self, NewEntry};
use super::super::unlisted::{self, Unlisted};
use super::{acme, at};
use ringbridge_core::id::TenantId;
use serde_json::{Value, json};

#[test]
fn origins_are_grouped_newest_first_within_their_tenant_and_their_time() {
    let acme = acme();
    let click = |kind, origin: Value, unlisted: bool| {
        (kind, json!({ "code": kind, "origin": origin, "unlisted": unlisted }))
    };
    let (asked, refused) = ("click.asked", "click.refused");
    let clicks = [
        (10, click(asked, json!("https://old.example"), true)),
        (20, click(asked, json!("https://a.example"), true)),
        (21, click(refused, json!("https://b.example"), true)),
        (22, click(refused, json!("https://a.example"), true)),
        (23, click(refused, json!("https://listed.example"), false)),
        (24, click(asked, Value::Null, true)),
        (25, click("click.accepted", json!("https://c.example"), true)),
        (26, (refused, json!({ "origin": "https://before-this-was-written.example" }))),
    ];
    let tenant = acme.tenant;
    let unit = acme.store.write_blocking(move |tx| {
        for (second, (kind, body)) in clicks {
            let entry =
                NewEntry { tenant: Some(tenant), agent: None, transaction: None, at: at(second), kind, body };
            journal::append(tx, &entry)?;
        }
        Ok(())
    });
    unit.expect("written");
    let origins = |tenant, looked_at| {
        let read = acme.store.read_blocking(move |tx| unlisted::origins(tx, tenant, at(20), looked_at));
        read.expect("read")
    };
    let seen = |origin: &str, times, second, code: &str| Unlisted {
        origin: format!("https://{origin}.example"),
        times,
        last_at: at(second),
        last_code: code.to_owned(),
    };
    assert_eq!(origins(tenant, 100), [seen("a", 2, 22, refused), seen("b", 1, 21, refused)]);
    assert_eq!(origins(tenant, 4), [seen("a", 1, 22, refused)], "it looks so far back and no further");
    assert_eq!(origins(TenantId(99), 100), []);
}
