//! What is wrong with a tenant file is said with file and line, all of it at once, and nothing is applied.

use super::{EXAMPLE, server, small};

#[test]
fn every_wrong_reference_and_value_has_its_line() {
    let server = server();
    let text = r#"[[tenant]]
name = "acme corp"
hosts = ["https://a.example"]
time_zone = "Mars/Base"
country = "us"
default_caller_id = "999"
default_dial_plan = 7
code_lists = ["Outcome", "Outcome", "Nothing"]
wrap_up_seconds = -1
duplicate_window_seconds = 121
allowed_origins = ["acme.example"]
origin_policy = "some"
allowed_countries = ["ZZ"]
colour = "red"
[[tenant.channel]]
number = "525-1990"
[[tenant.dial_plan]]
id = 1
[[tenant.dial_plan.rule]]
match = '([0-9'
[[tenant.dial_plan.rule]]
match = '^([0-9]+)$'
rewrite = "1$2"
trunk = "other"
[[tenant.dial_plan.rule]]
match = '^9'
rewrite = "1"
refuse = "no"
[[tenant.dial_plan]]
id = 1
[[tenant.code_list]]
name = "Outcome"
[[tenant.code_list.code]]
short = "A"
key = "x"
[[tenant.code_list.code]]
short = "A"
key = "x"
[[tenant.queue]]
name = "no id"
[[tenant.queue]]
id = 5
wrap_up_after_failed = "half"
[[tenant.agent]]
login = "al ice"
password = ""
role = "boss"
queues = [5, 5, 6]
[[tenant.agent.phone]]
uri = "tel:1"
[[tenant.agent.phone]]
register = "a"
[[tenant.agent.phone]]
auto_answer = "yes"
[tenant.screen_pop]
enabled = true
send_password = true
url = "http://crm.example.com"
[tenant.salesforce]
login_url = "ftp://x"
client_id = "c"
[tenant.callbacks]
secret = "hunter2"
[[tenant.token]]
name = "t"
"#;
    assert_eq!(
        server.refusals(text),
        [
            "t.toml:2: \"acme corp\" must be at most 64 letters, digits, \"-\", \"_\" and \".\"",
            "t.toml:3: \"https://a.example\" must be a host name without scheme, port and path",
            "t.toml:4: \"Mars/Base\" is no time zone; give an IANA name such as \"America/Los_Angeles\"",
            "t.toml:5: \"us\" must be a country's two capital letters, for example \"US\"",
            "t.toml:6: \"999\" is no channel of this tenant",
            "t.toml:7: there is no dial plan 7 in this tenant",
            "t.toml:8: the code list \"Outcome\" is named twice; it stands at t.toml:8 already",
            "t.toml:8: there is no code list \"Nothing\" in this tenant",
            "t.toml:9: \"wrap_up_seconds\" must be a whole number from 0 to 28800",
            "t.toml:10: \"duplicate_window_seconds\" must be a whole number from 0 to 120",
            "t.toml:11: \"acme.example\" is no origin; give scheme and host such as \"https://acme.lightning.force.com\"",
            "t.toml:12: \"origin_policy\" must be one of \"listed\", \"confirm-all\", \"any\"",
            "t.toml:13: \"ZZ\" must be a country's two capital letters, for example \"US\"",
            "t.toml:14: unknown key \"colour\" in [[tenant]]; known are agent, allowed_countries, allowed_origins, callbacks, channel, code_list, code_lists, country, default_caller_id, default_dial_plan, dial_plan, duplicate_window_seconds, dynamics, hosts, hubspot, name, origin_policy, queue, rest, salesforce, screen_pop, time_zone, token, wrap_up_seconds, zendesk",
            "t.toml:16: \"525-1990\" must be 1 to 32 digits and nothing else",
            "t.toml:20: the pattern is no regular expression: unclosed character class",
            "t.toml:23: rewrite names a group that the pattern lacks: $2",
            "t.toml:24: there is no trunk \"other\" in the server's configuration ([sip.trunk.other])",
            "t.toml:28: a rule either rewrites or refuses; take one of the two out",
            "t.toml:30: the dial plan 1 stands there twice; it stands at t.toml:18 already",
            "t.toml:37: the code \"A\" stands in its list twice; it stands at t.toml:34 already",
            "t.toml:38: the key \"x\" picks two codes of the list; it stands at t.toml:35 already",
            "t.toml:39: \"id\" is missing in [[tenant.queue]]",
            "t.toml:43: \"wrap_up_after_failed\" must be one of \"full\", \"none\"",
            "t.toml:45: \"al ice\" must have no blanks",
            "t.toml:46: \"password\" must not be empty",
            "t.toml:47: \"role\" must be one of \"agent\", \"supervisor\", \"admin\"",
            "t.toml:48: the queue 5 is named twice; it stands at t.toml:48 already",
            "t.toml:48: there is no queue 6 in this tenant",
            "t.toml:50: \"tel:1\" must be a SIP address such as \"sip:alice@127.0.0.1:5070\": not a SIP URI",
            "t.toml:51: a phone that registers needs a \"password\"",
            "t.toml:53: a phone has either a \"uri\" or a name to \"register\" under",
            "t.toml:54: \"auto_answer\" must be one of \"none\", \"call-info\", \"alert-info\", \"answer-mode\"",
            "t.toml:58: with \"send_password\" the address must begin with https://",
            "t.toml:59: the flow \"client_credentials\" needs \"client_secret\"",
            "t.toml:60: \"ftp://x\" must be a URL that begins with https:// or http://",
            "t.toml:63: a callback secret is \"whsec_\" and 1 to 64 bytes (24 or more are advised) in base64; leave it out and one is made",
            "t.toml:64: \"kind\" is missing in [[tenant.token]]; it is \"data\" or \"action\"",
        ]
    );
}

#[test]
fn a_file_of_anything_else_is_refused() {
    let server = server();
    assert_eq!(server.refusals(""), ["t.toml:1: there is no [[tenant]] in this file"]);
    assert_eq!(
        server.refusals("[tenant]\nname = \"a\"\n"),
        [
            "t.toml:1: \"tenant\" must be a list of tables; write [[tenant]]",
            "t.toml:1: there is no [[tenant]] in this file"
        ]
    );
    let twice = format!("{}{}", small(""), small(""));
    assert_eq!(
        server.refusals(&twice),
        ["t.toml:7: the tenant \"small\" stands in the file twice; it stands at t.toml:2 already"]
    );
}

#[test]
fn nothing_of_a_refused_file_is_applied() {
    let server = server();
    let text = format!("{EXAMPLE}\n{}\n[[tenant.agent.phone]]\n", small(""));
    assert_eq!(server.refusals(&text).len(), 1);
    assert_eq!(server.tenants().len(), 0);
}

#[test]
fn hosts_and_phone_names_belong_to_one_tenant_only() {
    let server = server();
    let first = "[[tenant]]\nname = \"a\"\nhosts = [\"a.example\"]\n[[tenant.agent]]\nlogin = \"x\"\npassword = \"p\"\n[[tenant.agent.phone]]\nregister = \"desk1\"\npassword = \"q\"\n";
    server.apply(first);
    let second = first.replace("\"a\"", "\"b\"").replace("a.example", "A.example");
    assert_eq!(
        server.refusals(&second),
        [
            "t.toml:3: the host \"a.example\" is taken by tenant a",
            "t.toml:8: the phone name \"desk1\" is taken by tenant a"
        ]
    );
    let both = format!("{first}{second}");
    assert_eq!(
        server.refusals(&both),
        [
            "t.toml:12: the host \"a.example\" is taken by t.toml:3",
            "t.toml:17: the phone name \"desk1\" is taken by t.toml:8"
        ]
    );
}

#[test]
fn a_secret_that_is_to_be_kept_must_be_there() {
    let server = server();
    let text = small(
        "external_password = \"***\"\n[[tenant.agent.phone]]\nregister = \"e\"\npassword = \"***\"\n[tenant.callbacks]\nsecret = \"***\"\n[[tenant.token]]\nname = \"t\"\nkind = \"data\"\nvalue = \"***\"\n",
    );
    let text = text.replace("\"p\"", "\"***\"");
    let kept = "\"***\" keeps what is stored, and there is nothing stored here yet";
    assert_eq!(
        server.refusals(&text),
        [
            format!("t.toml:5: {kept}"),
            format!("t.toml:6: {kept}"),
            format!("t.toml:9: {kept}"),
            format!("t.toml:11: {kept}"),
            "t.toml:15: the token \"t\" has no value to keep; leave \"value\" out and one is made".to_owned(),
        ]
    );
}

#[test]
fn every_key_is_described_in_the_documentation() {
    let docs = include_str!("../../../../docs/configure.md");
    let sections = [
        "[[tenant.channel]]",
        "[[tenant.dial_plan]]",
        "[[tenant.dial_plan.rule]]",
        "[[tenant.code_list]]",
        "[[tenant.code_list.code]]",
        "[[tenant.queue]]",
        "[[tenant.agent]]",
        "[[tenant.agent.phone]]",
        "[tenant.screen_pop]",
        "[tenant.salesforce]",
        "[tenant.rest]",
        "[tenant.hubspot]",
        "[tenant.zendesk]",
        "[tenant.dynamics]",
        "[tenant.callbacks]",
        "[[tenant.token]]",
    ];
    let text: String = sections.iter().map(|section| format!("{section}\nzzz = 1\n")).collect();
    let refusals = server().refusals(&format!("[[tenant]]\nzzz = 1\n{text}"));
    let known: Vec<_> = refusals.iter().filter_map(|refusal| refusal.split_once("known are ")).collect();
    assert_eq!(known.len(), sections.len() + 1);
    for key in known.iter().flat_map(|(_, keys)| keys.split(", ")) {
        let described = docs.contains(&format!("`{key}`")) || docs.contains(&format!("[tenant.{key}]"));
        assert!(described || docs.contains(&format!(".{key}]]")), "{key} is not described");
    }
}

#[test]
fn a_salesforce_org_is_logged_in_to_at_salesforce_and_in_one_way_only() {
    let head = "[[tenant]]\nname = \"t\"\n[tenant.salesforce]\nclient_id = \"c\"\n";
    let secret = "flow = \"client_credentials\"\nclient_secret = \"s\"\n";
    let refused = |lines: &str| server().refusals(&format!("{head}{lines}"));
    let at = |url: &str| refused(&format!("{secret}login_url = \"{url}\"\n"));
    assert_eq!(at("https://acme.my.salesforce.com/"), Vec::<String>::new());
    assert_eq!(
        at("https://acme.lightning.force.com"),
        [
            "t.toml:7: \"acme.lightning.force.com\" shows pages and takes no log-in; write \"https://acme.my.salesforce.com\""
        ]
    );
    for url in ["http://login.salesforce.com", "https://salesforce.com.evil.example", "https://127.0.0.1"] {
        let expected = format!(
            "t.toml:7: \"{url}\" is no address of Salesforce's; write \"https://login.salesforce.com\" or \
             \"https://YOUR-DOMAIN.my.salesforce.com\", or for a stand-in set \"test_endpoint\" as well"
        );
        assert_eq!(at(url), [expected]);
        assert_eq!(
            refused(&format!("{secret}login_url = \"{url}\"\ntest_endpoint = true\n")),
            Vec::<String>::new()
        );
    }
    let login = "login_url = \"https://login.salesforce.com\"\n";
    assert_eq!(
        refused(&format!("{login}{secret}username = \"u\"\n")),
        ["t.toml:3: \"username\" belongs to the flow \"jwt\""]
    );
    assert_eq!(
        refused(&format!(
            "{login}flow = \"jwt\"\nusername = \"u\"\nkey_file = \"k\"\nclient_secret = \"s\"\n"
        )),
        ["t.toml:9: the flow \"jwt\" has no \"client_secret\"; its key is in \"key_file\""]
    );
    assert_eq!(
        refused(&format!(
            "{login}{secret}api_version = \"67\"\norg_id = \"001\"\nexternal_id_field = \"a b\"\nallowed_fields = [\"1x\"]\n"
        )),
        [
            "t.toml:8: \"67\" must be a version of the API such as \"67.0\", 46.0 or later; leave it out for the newest",
            "t.toml:9: \"001\" must be an organization's id: 00D and 12 or 15 letters and digits",
            "t.toml:10: \"a b\" must be the API name of a field such as \"Transactionid__c\"",
            "t.toml:11: \"1x\" must be the API name of a field such as \"Transactionid__c\"",
        ]
    );
}
