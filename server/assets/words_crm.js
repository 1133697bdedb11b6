// The sentences of Configuration Manager about what follows a call: screen pop, Salesforce, other CRMs, callbacks.

export const screenPop = {
  about: "When a call is over, its link can open a page for the agent ([ctl_launchopt|true]). This says which.",
  targets: [["url", "A page of yours", "The reference's form is posted to the address below."], ["salesforce", "The record that the call created", "Where it created none, the form is posted to the address below, if there is one."]],
  offer: { text: "No screen pop is set up. Links that ask for one open nothing.", button: "Set it up" },
  remove: "Take the screen pop's settings away?",
  hints: {
    url: "Where the form goes: https:// or http://.",
    account: "Goes along as Account.",
    role: "Goes along as Role.",
    send_password: "Only to https:// addresses, and only to the address above.",
  },
};

const test = "A stand-in for trying things out: plain HTTP and any host are allowed. Agents see so in red on every page.";

export const salesforce = {
  about: "Links with [ctl_action|create][ctl_intType|sfdc] write a record in Salesforce when their call is over.",
  offer: { text: "Salesforce is not connected. Do the first two steps above in Salesforce, then begin here.", button: "Connect Salesforce" },
  remove: "Take the connection to Salesforce away? Records that still wait for it are parked.",
  flows: [
    ["jwt", "JWT bearer", "Advised. A key file on this machine proves who asks; no secret leaves it, and records can bear the agent's own name."],
    ["client_credentials", "Client credentials", "Quicker to set up: a key and a secret. Everything is written by one user. The log-in address must be your My Domain."],
  ],
  interfaces: [["auto", "As the user has chosen"], ["lightning", "Lightning"], ["classic", "Classic"]],
  hints: {
    login_url: "https://login.salesforce.com, https://test.salesforce.com for a sandbox, or https://YOUR-DOMAIN.my.salesforce.com.",
    client_id: "“Consumer key” of the app in Salesforce.",
    client_secret: "“Consumer secret” of the app in Salesforce.",
    username: "The Salesforce user that writes, for example integration@acme.example.",
    key_file: "Its name, for example salesforce.key. It lies on the server, in the folder keys/ of its data and there in the one with the contact center's name.",
    audience: "Empty: it follows from the log-in address.",
    per_agent: "By the user name “At the CRM” in their settings. It must be pre-authorized too.",
    org_id: "Begins with 00D. Empty: any. With it, no other org can get your data by a slip.",
    external_id_field: "For example Transactionid__c. With it nothing is ever written twice.",
    enhanced: "By the link's extRecordId.",
    auto_log: "A Task for each of them.",
    enrich: "Duration, result and time of the call.",
    allowed_fields: "One a line, for example OwnerId. They act with the rights of the integration's user.",
    api_version: "Empty: the newest that both know. For example 67.0.",
    test_endpoint: test,
  },
  guideTitle: "What to do in Salesforce",
  guide: [
    { title: "1. An app", steps: [
      "Setup → External Client App Manager → New External Client App. Enable OAuth with the scope “Manage user data via APIs (api)” and any https callback URL; it is not used.",
      "For JWT bearer: run “ringbridge salesforce-key FOLDER” on the server. In the app enable JWT Bearer Flow and upload salesforce.crt. In its policies choose “Admin approved users are pre-authorized”, and a permission set that the integration's user has.",
      "For client credentials: enable Client Credentials Flow, and in the policies name the user to run as.",
      "The user needs “API Enabled”, and may create Tasks and edit each field that your links name.",
    ] },
    { title: "2. A field for the GUID", steps: [
      "On Activity make a Text field of 40 characters or more that is External ID and Unique, for example Transactionid__c, and let the user edit it.",
      "Name it below as “Field for the GUID”: then a record is written once, whatever is lost on the way.",
    ] },
    { title: "3. The settings below, then the test", steps: ["Copy the consumer key from the app, save, and test the connection. A new app needs up to ten minutes before it answers."] },
  ],
  testAbout: "Logs in with the settings as they are saved, and looks at the Task's fields. It writes nothing.",
  testSaved: "You have changes that are not saved; the test does not know them.",
  test: "Test connection",
  testing: "Asking Salesforce …",
  ok: "✓",
  failed: "✗",
  works: "The connection works.",
  worksNot: "The connection does not work yet.",
};

export const crm = {
  about: "A link says by ctl_intType which CRM gets its record.",
  set: "connected",
  notSet: "not set up",
  start: (name) => `Connect ${name}`,
  remove: (name) => `Take the connection “${name}” away? Records that still wait for it are parked.`,
  templates: "Address, body and headers are templates: {{Subject}} is the link's field of that name, $notes$ a token. What a template names is checked when you save.",
  newRecord: "A record counts as made when the CRM says so and its id is known.",
  idFrom: [["id_pointer", "In the answer's JSON", "A JSON pointer such as /data/id."], ["id_header", "In a header of the answer", "Its last part, for example of Location."], ["id", "The request names it", "A template, for example {{call.uuid}}."]],
  repeats: [["idempotency-key", "The CRM knows idempotency keys", "The call's GUID goes along; the same key makes one record."], ["look-up", "It can be looked up", "An address is asked for the record before it is written again."], ["never", "Nothing", "A record whose answer was lost is parked for a person to look at."]],
  auths: [["none", "Not at all"], ["bearer", "Bearer token"], ["basic", "User and password (Basic)"], ["header", "A header of its own"], ["oauth", "OAuth client credentials"]],
  kinds: {
    rest: {
      name: "Any CRM over HTTP", about: "Sends a request that you describe (ctl_intType=rest).",
      hints: {
        url: "https://, with placeholders in path and query only.",
        body: "For example { \"subject\": \"{{Subject}}\", \"notes\": \"$notes$\", \"guid\": \"{{call.guid}}\" }.",
        headers: { all: "Without secrets: those belong to “Logging in”." },
        record_url: "For screen pops: a template with {{record.id}}.",
        edit_url: "Needs the record's page too.",
        idempotency_header: "Empty: Idempotency-Key.",
        look_up_url: "For example https://crm.example.com/api/calls?guid={{call.guid}}.",
        auth_header: "Its whole value is the secret.",
        signing_secret: "Begins with whsec_. The body is then signed as callbacks are.",
        test_endpoint: test,
      },
    },
    hubspot: {
      name: "HubSpot", about: "Writes calls and other objects in HubSpot (ctl_intType=hubspot).",
      hints: { access_token: "Of a private app in HubSpot.", portal: "With it, records have a page that can be opened.", unique_property: "A property with unique values. With it nothing is ever written twice.", test_endpoint: test },
    },
    zendesk: {
      name: "Zendesk", about: "Writes tickets in Zendesk (ctl_intType=zendesk).",
      hints: { subdomain: "The first part of YOUR-NAME.zendesk.com.", api_token: "From Zendesk's Admin Center.", test_endpoint: test },
    },
    dynamics: {
      name: "Dynamics 365", about: "Writes phone calls and other rows in Dynamics 365 (ctl_intType=dynamics).",
      hints: { directory: "Id or domain of the Entra tenant.", client_id: "Of the app registration.", client_secret: "A secret of the app registration.", test_endpoint: test },
    },
  },
};

export const callbacks = {
  about: "A link can name an address that is told how its call went. Each message is signed after Standard Webhooks, so that the receiver knows who sent it.",
  hints: {
    https_only: "Other addresses are then refused when the link is clicked.",
    userdata_json: "Beside the reference's own form.",
    secret: "Begins with whsec_. To change it without losing a message, use “New secret” below.",
  },
  overlap: "For so long messages bear both signatures, the old secret's and the new one's. Give receivers the new one within that time. 0: at once.",
  overlapUntil: (moment) => `A new secret was made. Messages bear the old one's signature too until ${moment}.`,
  rotate: "Make a new secret …",
  rotateAsk: "A new secret is made and shown once. Receivers that check signatures need it before the overlap ends.",
  rotateYes: "Make it",
  rotateNo: "Leave it as it is",
  rotated: "There is a new secret.",
  deliveries: "What was sent where, the newest first. Sending again tells the receiver the same once more; it knows it by its webhook-id.",
  noDeliveries: "No callback was asked for yet.",
  states: { pending: "waiting", delivered: "delivered", parked: "parked", given_up: "given up" },
  resend: "Send again",
  resendOf: (call) => `Send again: the callback of call ${call}`,
  resent: (call) => `The callback of call ${call} is sent again.`,
  more: "Load more",
};
