//! A sheet as XML 1.0: the rows below one element, whose attributes say what there is to say about all of them.
//!
//! Promises: well-formed whatever the texts hold; every column is an element in every row, empty where there is nothing;
//! line breaks come out of a parser as they went in.

use super::sheet::Sheet;
use quick_xml::Writer;
use quick_xml::escape::escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io;

pub(super) fn write(sheet: &Sheet) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new(sheet.rows_name);
    for (name, cell) in &sheet.about {
        let value = cell.plain();
        if !value.is_empty() {
            root.push_attribute((*name, value.as_ref()));
        }
    }
    writer.write_event(Event::Start(root))?;
    for row in &sheet.rows {
        writer.write_event(Event::Start(BytesStart::new(sheet.row_name)))?;
        for (name, cell) in sheet.names.iter().zip(row) {
            let value = cell.plain();
            if value.is_empty() {
                writer.write_event(Event::Empty(BytesStart::new(*name)))?;
                continue;
            }
            // A parser makes a bare carriage return a line feed (section 2.11 of XML 1.0).
            let text = escape(value).replace('\r', "&#13;");
            writer.write_event(Event::Start(BytesStart::new(*name)))?;
            writer.write_event(Event::Text(BytesText::from_escaped(text)))?;
            writer.write_event(Event::End(BytesEnd::new(*name)))?;
        }
        writer.write_event(Event::End(BytesEnd::new(sheet.row_name)))?;
    }
    writer.write_event(Event::End(BytesEnd::new(sheet.rows_name)))?;
    Ok(writer.into_inner())
}
