//! The objects and fields of the stand-in, from the vendor's field reference (salesforce.md 1.4).
//!
//! Promises: names, types and lengths as documented; the few custom fields end in `__c` and are there to try types.
//! Leaves to others: what is done with them.

use super::{Access, Field, Key, Kind, Need, Object};

/// The field that can be the key of an upsert of a Task.
pub(super) const KEY_FIELD: &str = "Transactionid__c";

const USERS: Kind = Kind::Reference(&["User"]);

/// A field callers may write and may leave out.
const fn field(name: &'static str, label: &'static str, kind: Kind, length: usize) -> Field {
    Field { name, label, kind, length, access: Access::Write, need: Need::Optional, key: Key::No }
}

/// A field that the org writes.
const fn own(name: &'static str, label: &'static str, kind: Kind, length: usize) -> Field {
    Field { access: Access::ReadOnly, ..field(name, label, kind, length) }
}

/// A field that must be given.
const fn required(name: &'static str, label: &'static str, kind: Kind, length: usize) -> Field {
    Field { need: Need::Required, ..field(name, label, kind, length) }
}

/// A field the org fills in when it is not given.
const fn defaulted(name: &'static str, label: &'static str, kind: Kind, length: usize) -> Field {
    Field { need: Need::Defaulted, ..field(name, label, kind, length) }
}

/// `Task.Transactionid__c`, as a key or not.
pub(super) const fn key_field(key: Key) -> Field {
    Field { key, ..field(KEY_FIELD, "Transaction id", Kind::Text, 80) }
}

/// An object with the fields that every object has and these.
fn object(
    name: &'static str,
    label: &'static str,
    plural: &'static str,
    prefix: &'static str,
    fields: Vec<Field>,
) -> Object {
    let mut all = vec![Field { need: Need::Defaulted, ..own("Id", "Record ID", Kind::Id, 18) }];
    all.extend(fields);
    all.extend([
        Field { need: Need::Defaulted, ..own("IsDeleted", "Deleted", Kind::Boolean, 0) },
        Field { need: Need::Defaulted, ..own("CreatedDate", "Created Date", Kind::DateTime, 0) },
        Field { need: Need::Defaulted, ..own("CreatedById", "Created By ID", USERS, 18) },
        Field { need: Need::Defaulted, ..own("LastModifiedDate", "Last Modified Date", Kind::DateTime, 0) },
        Field { need: Need::Defaulted, ..own("LastModifiedById", "Last Modified By ID", USERS, 18) },
        Field { need: Need::Defaulted, ..own("SystemModstamp", "System Modstamp", Kind::DateTime, 0) },
    ]);
    Object { name, label, plural, prefix, access: Access::Write, fields: all }
}

/// Every object of the stand-in.
pub(super) fn objects() -> Vec<Object> {
    let read_only = |object: Object| Object { access: Access::ReadOnly, ..object };
    vec![
        object("Account", "Account", "Accounts", "001", account()),
        object("Contact", "Contact", "Contacts", "003", contact()),
        object("Lead", "Lead", "Leads", "00Q", lead()),
        object("Opportunity", "Opportunity", "Opportunities", "006", opportunity()),
        object("Case", "Case", "Cases", "500", case()),
        object("Task", "Task", "Tasks", "00T", task()),
        object("Event", "Event", "Events", "00U", event()),
        read_only(object("User", "User", "Users", "005", user())),
        read_only(object("PermissionSet", "Permission Set", "Permission Sets", "0PS", permission_set())),
    ]
}

fn account() -> Vec<Field> {
    vec![
        required("Name", "Account Name", Kind::Text, 255),
        field("Industry", "Industry", Kind::Picklist(&["Finance", "Manufacturing", "Technology"]), 255),
        field("Phone", "Account Phone", Kind::Phone, 40),
        field("Website", "Website", Kind::Text, 255),
        field("Description", "Account Description", Kind::LongText, 32_000),
        field("NumberOfEmployees", "Employees", Kind::Int, 8),
        field("AnnualRevenue", "Annual Revenue", Kind::Double, 18),
        field("RecordTypeId", "Record Type ID", Kind::Reference(&["RecordType"]), 18),
        defaulted("OwnerId", "Owner ID", USERS, 18),
        own("LastActivityDate", "Last Activity", Kind::Date, 0),
    ]
}

/// The name, phone and mail fields of people.
fn person() -> Vec<Field> {
    vec![
        own("Name", "Full Name", Kind::Text, 121),
        required("LastName", "Last Name", Kind::Text, 80),
        field("FirstName", "First Name", Kind::Text, 40),
        field("Title", "Title", Kind::Text, 128),
        field("Phone", "Business Phone", Kind::Phone, 40),
        field("MobilePhone", "Mobile Phone", Kind::Phone, 40),
        field("Email", "Email", Kind::Email, 80),
        field("Description", "Description", Kind::LongText, 32_000),
        defaulted("OwnerId", "Owner ID", USERS, 18),
        own("LastActivityDate", "Last Activity", Kind::Date, 0),
    ]
}

fn contact() -> Vec<Field> {
    let mut fields = person();
    fields.push(field("AccountId", "Account ID", Kind::Reference(&["Account"]), 18));
    fields
}

fn lead() -> Vec<Field> {
    let mut fields = person();
    fields.push(required("Company", "Company", Kind::Text, 255));
    let states = Kind::Picklist(&["Open - Not Contacted", "Working - Contacted", "Closed - Converted"]);
    fields.push(defaulted("Status", "Status", states, 255));
    fields
}

fn opportunity() -> Vec<Field> {
    vec![
        required("Name", "Name", Kind::Text, 120),
        required("StageName", "Stage", Kind::Picklist(&["Prospecting", "Closed Won", "Closed Lost"]), 255),
        required("CloseDate", "Close Date", Kind::Date, 0),
        field("Amount", "Amount", Kind::Double, 18),
        field("AccountId", "Account ID", Kind::Reference(&["Account"]), 18),
        field("Description", "Description", Kind::LongText, 32_000),
        defaulted("OwnerId", "Owner ID", USERS, 18),
    ]
}

fn case() -> Vec<Field> {
    vec![
        own("CaseNumber", "Case Number", Kind::Text, 30),
        field("Subject", "Subject", Kind::Text, 255),
        defaulted("Status", "Status", Kind::Picklist(&["New", "Working", "Closed"]), 255),
        field("Origin", "Case Origin", Kind::Picklist(&["Phone", "Email", "Web"]), 255),
        field("Description", "Description", Kind::LongText, 32_000),
        field("AccountId", "Account ID", Kind::Reference(&["Account"]), 18),
        field("ContactId", "Contact ID", Kind::Reference(&["Contact"]), 18),
        defaulted("OwnerId", "Owner ID", USERS, 18),
    ]
}

const WHO: Kind = Kind::Reference(&["Contact", "Lead"]);
const WHAT: Kind = Kind::Reference(&["Account", "Opportunity", "Case"]);

fn task() -> Vec<Field> {
    let states = &["Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"];
    let subtypes = Kind::Restricted(&["Task", "Email", "ListEmail", "Cadence", "Call"]);
    vec![
        field("Subject", "Subject", Kind::Combobox, 255),
        field("Description", "Description", Kind::LongText, 32_000),
        field("ActivityDate", "Due Date Only", Kind::Date, 0),
        defaulted("Status", "Status", Kind::Picklist(states), 40),
        defaulted("Priority", "Priority", Kind::Picklist(&["High", "Normal", "Low"]), 40),
        field("WhoId", "Name ID", WHO, 18),
        field("WhatId", "Related To ID", WHAT, 18),
        defaulted("OwnerId", "Assigned To ID", USERS, 18),
        field("CallType", "Call Type", Kind::Picklist(&["Internal", "Inbound", "Outbound"]), 40),
        field("CallDurationInSeconds", "Call Duration", Kind::Int, 8),
        field("CallDisposition", "Call Result", Kind::Text, 255),
        field("CallObject", "Call Object Identifier", Kind::Text, 255),
        Field { access: Access::OnCreate, ..defaulted("TaskSubtype", "Task Subtype", subtypes, 40) },
        own("AccountId", "Account ID", Kind::Reference(&["Account"]), 18),
        Field { need: Need::Defaulted, ..own("IsClosed", "Closed", Kind::Boolean, 0) },
        Field { need: Need::Defaulted, ..own("IsHighPriority", "High Priority", Kind::Boolean, 0) },
        own("CompletedDateTime", "Completed Date/Time", Kind::DateTime, 0),
        field("Call_Started__c", "Call started", Kind::DateTime, 0),
        field("Call_Score__c", "Call score", Kind::Double, 18),
        defaulted("Call_Recorded__c", "Call recorded", Kind::Boolean, 0),
    ]
}

fn event() -> Vec<Field> {
    vec![
        field("Subject", "Subject", Kind::Combobox, 255),
        field("Description", "Description", Kind::LongText, 32_000),
        required("StartDateTime", "Start Date Time", Kind::DateTime, 0),
        required("EndDateTime", "End Date Time", Kind::DateTime, 0),
        field("Location", "Location", Kind::Text, 255),
        field("WhoId", "Name ID", WHO, 18),
        field("WhatId", "Related To ID", WHAT, 18),
        defaulted("OwnerId", "Assigned To ID", USERS, 18),
    ]
}

fn user() -> Vec<Field> {
    vec![
        required("Username", "Username", Kind::Text, 80),
        own("Name", "Full Name", Kind::Text, 121),
        required("LastName", "Last Name", Kind::Text, 80),
        field("FirstName", "First Name", Kind::Text, 40),
        required("Email", "Email", Kind::Email, 128),
        required("Alias", "Alias", Kind::Text, 8),
        field("Phone", "Phone", Kind::Phone, 40),
        field("FederationIdentifier", "SAML Federation ID", Kind::Text, 512),
        defaulted("IsActive", "Active", Kind::Boolean, 0),
    ]
}

fn permission_set() -> Vec<Field> {
    vec![
        required("Name", "Permission Set Name", Kind::Text, 80),
        required("Label", "Permission Set Label", Kind::Text, 80),
    ]
}
