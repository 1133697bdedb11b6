//! The first start: a server without a contact center, and the page that makes one.

use crate::client::{Answer, Browser, Request};
use crate::scene::Scene;
use ringbridge_core::tenant::Role;
use ringbridge_server::provision::{self, How, Mode, Site, Stamp};

const PAGE: &str = "/AGUI/setup";

/// All that must be filled in.
const FORM: &str = "name=acme&time_zone=Europe%2FLondon&country=gb&login=ada&password=correct+horse&\
                    password_again=correct+horse";

async fn at_the_machine(scene: &Scene, form: &str) -> Answer {
    Browser::new(scene).send(Request::post(PAGE).header("Origin", &scene.origin()).form(form)).await
}

/// Somebody whose request was passed on by a proxy.
async fn stranger(scene: &Scene, form: &str) -> Answer {
    let request = Request::post(PAGE).header("X-Forwarded-For", "192.0.2.7").form(form);
    Browser::new(scene).send(request).await
}

/// The names of the contact centers there are.
async fn tenants(scene: &Scene) -> Vec<String> {
    let all = scene.app.directory.refresh().await.expect("a directory");
    all.tenants().iter().map(|tenant| tenant.name.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_leads_to_the_page_while_there_is_no_contact_center() {
    let scene = Scene::without_tenants().await;
    let mut nobody = Browser::new(&scene);
    for (from, to) in [("/", "/AGUI/"), ("/AGUI/", "/AGUI/login"), ("/AGUI/login", PAGE)] {
        assert_eq!(nobody.send(Request::get(from).typed()).await.leads_to(), (303, to));
    }
    let page = nobody.send(Request::get(PAGE).typed()).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Your first contact center"), "{}", page.body);
    assert!(page.body.contains("<option selected>UTC</option>"), "{}", page.body);
    assert!(!page.body.contains("name=\"code\""), "whoever sits at the machine needs none");
    assert!(!page.body.contains("class=\"error\""));
    assert_eq!(nobody.send(Request::get("/AGUI/welcome").typed()).await.leads_to(), (303, "/AGUI/login"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_made_it_is_logged_in_and_told_what_to_do_next_and_the_page_is_gone() {
    let scene = Scene::without_tenants().await;
    let mut ada = Browser::new(&scene);
    let form = format!("{FORM}&person=Ada&caller_id=%2B44+20+7946+0958&phone_name=ada&phone_password=desk");
    let made = ada.send(Request::post(PAGE).header("Origin", &scene.origin()).form(&form)).await;
    assert_eq!(made.leads_to(), (303, "/AGUI/welcome"), "{made:?}");
    let welcome = ada.send(Request::get("/AGUI/welcome").typed()).await;
    assert_eq!(welcome.status, 200);
    for part in [
        "acme is ready",
        "under the name <code>ada</code>",
        "href=\"/AGUI/config/agents\"",
        "href=\"/AGUI/links/\"",
    ] {
        assert!(welcome.body.contains(part), "{part} in {}", welcome.body);
    }
    assert_eq!(ada.send(Request::get("/AGUI/").typed()).await.status, 200);
    let me = ada.api("GET", "/api/v1/me", None).await.json();
    assert_eq!(
        (me["agent"].as_str(), me["name"].as_str(), me["role"].as_str()),
        (Some("ada"), Some("Ada"), Some("admin"))
    );

    // From here on it is an ordinary server.
    assert_eq!(ada.send(Request::get(PAGE).typed()).await.status, 404);
    assert_eq!(at_the_machine(&scene, FORM).await.status, 404);
    assert_eq!(scene.app.setup_code(), None);
    let mut again = Browser::new(&scene);
    assert_eq!(again.send(Request::get("/AGUI/login").typed()).await.status, 200);
    // One contact center is not asked for, so nobody is told that its name is wrong.
    let wrong = again.send(Request::post("/AGUI/login").form("login=ada&password=wrong")).await;
    assert!(wrong.body.contains(">The log-in or the password is wrong.<"), "{}", wrong.body);
    assert_eq!(again.log_in("ada", "correct horse").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_makes_calls_home_alone_and_exports_to_a_file_that_changes_nothing() {
    let scene = Scene::without_tenants().await;
    let form = format!("{FORM}&caller_id=442079460958&phone_uri=sip%3Aada%40127.0.0.1%3A5070");
    assert_eq!(at_the_machine(&scene, &form).await.status, 303);
    let tenant = scene.app.directory.named("acme").expect("it is there");
    assert_eq!((tenant.country.as_str(), &*tenant.allowed_countries), ("GB", &["GB".to_owned()][..]));
    assert_eq!(tenant.zone.name(), "Europe/London");
    assert_eq!(tenant.default_caller_id.as_ref().map(|number| number.expose()), Some("442079460958"));
    let [ada] = tenant.agents.as_slice() else { panic!("{:?}", tenant.agents) };
    assert_eq!(
        (ada.login.as_str(), ada.name.as_str(), ada.role, ada.phones.len()),
        ("ada", "ada", Role::Admin, 1)
    );

    let (app, config) = (scene.app.clone(), scene.config.clone());
    let lines = tokio::task::spawn_blocking(move || {
        let text = provision::export(&config, "acme").expect("it exports");
        let trunks = provision::trunks(&config);
        let site = Site {
            store: &app.store,
            keys: &app.keys,
            trunks: &trunks,
            key_files: &provision::key_files(&config),
        };
        let stamp = Stamp { who: "test".to_owned(), how: How::File, at: ringbridge_server::clock::now() };
        provision::apply_text("tenant.toml", &text, &site, &stamp, Mode::DryRun).expect("it is read").lines
    });
    assert_eq!(lines.await.expect("no panic"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn from_elsewhere_it_takes_the_code_that_the_server_printed() {
    let scene = Scene::without_tenants().await;
    let asked =
        Browser::new(&scene).send(Request::get(PAGE).typed().header("Forwarded", "for=192.0.2.7")).await;
    assert!(asked.body.contains("name=\"code\""), "{}", asked.body);
    for code in ["", "&code=AAAA-AAAA-AAAA"] {
        let refused = stranger(&scene, &format!("{FORM}{code}")).await;
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("This is not the code"), "{}", refused.body);
    }
    assert_eq!(tenants(&scene).await, Vec::<String>::new());
    let code = scene.app.setup_code().expect("there is no contact center").to_lowercase();
    assert_eq!(stranger(&scene, &format!("{FORM}&code={code}")).await.leads_to(), (303, "/AGUI/welcome"));
    assert_eq!(tenants(&scene).await, ["acme"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_31_codes_are_not_guessed_by_trying() {
    let scene = Scene::without_tenants().await;
    for _ in 0..100 {
        assert_eq!(stranger(&scene, "code=AAAA").await.status, 403);
    }
    let code = scene.app.setup_code().expect("there is no contact center");
    let right = stranger(&scene, &format!("{FORM}&code={code}")).await;
    assert_eq!(right.status, 429, "even the right one has to wait");
    assert_eq!(tenants(&scene).await, Vec::<String>::new());
    assert_eq!(at_the_machine(&scene, FORM).await.status, 303, "whoever sits at the machine does not");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_stands_beside_its_field_and_the_rest_is_kept_but_for_passwords() {
    let scene = Scene::without_tenants().await;
    let form = "name=a+b&time_zone=Mars%2FPhobos&country=XX&login=a+da&password=short%C3%BC&password_again=other&\
                caller_id=none&phone_name=desk&phone_uri=200&person=%3Cb%3EAda";
    let refused = at_the_machine(&scene, form).await;
    assert_eq!(refused.status, 422);
    for (field, text) in [
        ("password", "Take 8 characters or more."),
        ("password_again", "The two passwords are not the same."),
        ("phone_name", "Give either an address or a name to register under"),
    ] {
        let complaint = format!("id=\"{field}-error\">{text}");
        assert!(refused.body.contains(&complaint), "{complaint} in {}", refused.body);
    }
    let form = form
        .replace("short%C3%BC", "correct+horse")
        .replace("other", "correct+horse")
        .replace("phone_name=desk&", "");
    let refused = at_the_machine(&scene, &form).await;
    assert_eq!(refused.status, 422);
    for (field, text) in [
        ("name", "must be at most 64 letters"),
        ("time_zone", "is no time zone"),
        ("country", "must be a country"),
        ("login", "must have no blanks"),
        ("caller_id", "must be 1 to 32 digits"),
        ("phone_uri", "must be a SIP address"),
    ] {
        let complaint = refused.after(&format!("id=\"{field}-error\">"));
        assert!(complaint.contains(text), "{field}: {complaint}");
    }
    for kept in ["value=\"a b\"", "value=\"XX\"", "value=\"200\""] {
        assert!(refused.body.contains(kept), "{kept} in {}", refused.body);
    }
    for gone in ["correct horse", "<b>Ada"] {
        assert!(!refused.body.contains(gone), "{gone} in {}", refused.body);
    }
    assert_eq!(tenants(&scene).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_send_the_form() {
    let scene = Scene::without_tenants().await;
    let foreign = Request::post(PAGE).header("Origin", "https://evil.example").form(FORM);
    assert_eq!(Browser::new(&scene).send(foreign).await.status, 403);
    let by_name = Request::post(PAGE)
        .header("Host", "evil.example")
        .header("Origin", "https://evil.example")
        .form(FORM);
    let rebound = Browser::new(&scene).send(by_name).await;
    assert!(
        rebound.body.contains("This is not the code"),
        "a name that points here is not this machine: {}",
        rebound.body
    );
    assert_eq!(tenants(&scene).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_is_heard() {
    let scene = Scene::without_tenants().await;
    let other = FORM.replace("name=acme", "name=other");
    let (one, two) = tokio::join!(at_the_machine(&scene, FORM), at_the_machine(&scene, &other));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
    assert_eq!(tenants(&scene).await.len(), 1);
}
