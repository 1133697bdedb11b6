//! The pages of a record (`salesforce.md` 2).
//!
//! Promises: every address lies under the org's own origin; the way back is a well-formed id or is left out (SEC-28).
//! Leaves to others: opening them.

use super::ids::RecordId;
use ringbridge_core::crm::Pages;
use ringbridge_core::tenant::salesforce::Interface;

/// Where a record is looked at and edited, in the face that the tenant chose.
pub(super) fn of(
    origin: &str,
    interface: Interface,
    object: &str,
    id: &RecordId,
    parent: Option<&RecordId>,
) -> Pages {
    // The bare address opens in whichever face the user has chosen.
    let plain = format!("{origin}/{id}");
    let classic_edit = || match parent {
        Some(parent) => format!("{origin}/{id}/e?retURL=%2F{parent}"),
        None => format!("{origin}/{id}/e"),
    };
    let lightning = |action: &str| format!("{origin}/lightning/r/{object}/{id}/{action}");
    let lightning_edit = || match parent {
        Some(parent) => format!("{}?backgroundContext={}", lightning("edit"), behind(parent)),
        None => lightning("edit"),
    };
    match interface {
        Interface::Lightning => Pages { view: lightning("view"), edit: lightning_edit() },
        Interface::Classic => Pages { view: plain, edit: classic_edit() },
        Interface::Auto => Pages { view: plain, edit: lightning_edit() },
    }
}

/// The page that an edit form lies over and returns to. Without the object's name Lightning finds it by the id.
fn behind(parent: &RecordId) -> String {
    match parent.object() {
        Some(object) => format!("%2Flightning%2Fr%2F{object}%2F{parent}%2Fview"),
        None => format!("%2Flightning%2Fr%2F{parent}%2Fview"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://acme.my.salesforce.com";

    fn pages(interface: Interface, parent: Option<&str>) -> [String; 2] {
        let id = RecordId::parse("00T4C00000B5Bug").expect("an id");
        let parent = parent.and_then(RecordId::parse);
        let Pages { view, edit } = of(ORIGIN, interface, "Task", &id, parent.as_ref());
        [view, edit].map(|page| page.strip_prefix(ORIGIN).expect("under the org's origin").to_owned())
    }

    #[test]
    fn each_face_has_its_pages_and_both_return_to_the_parent() {
        let account = Some("001D000000IqhSL");
        assert_eq!(
            pages(Interface::Lightning, account),
            [
                "/lightning/r/Task/00T4C00000B5BugUAF/view",
                "/lightning/r/Task/00T4C00000B5BugUAF/edit?backgroundContext=%2Flightning%2Fr%2FAccount%2F001D000000IqhSLIAZ%2Fview"
            ]
        );
        assert_eq!(
            pages(Interface::Classic, account),
            ["/00T4C00000B5BugUAF", "/00T4C00000B5BugUAF/e?retURL=%2F001D000000IqhSLIAZ"]
        );
        assert_eq!(
            pages(Interface::Auto, Some("a0B000000000001")),
            [
                "/00T4C00000B5BugUAF",
                "/lightning/r/Task/00T4C00000B5BugUAF/edit?backgroundContext=%2Flightning%2Fr%2Fa0B000000000001EAA%2Fview"
            ]
        );
    }

    #[test]
    fn sec_28_a_parent_that_is_no_id_is_left_out() {
        for parent in [None, Some("//evil.example"), Some("001D000000IqhSLIAA"), Some("javascript:alert(1)")]
        {
            assert_eq!(pages(Interface::Classic, parent), ["/00T4C00000B5BugUAF", "/00T4C00000B5BugUAF/e"]);
            assert_eq!(pages(Interface::Auto, parent)[1], "/lightning/r/Task/00T4C00000B5BugUAF/edit");
        }
    }
}
