//! Any stream in any pieces: the same messages whatever the pieces are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringbridge_sip::stream::Frames;

/// Everything a stream gives until it breaks or is used up.
fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Option<Vec<u8>>> {
    let mut stream = Frames::new();
    let mut all = Vec::new();
    for piece in pieces {
        stream.push(piece);
        loop {
            match stream.next_frame() {
                Ok(Some(frame)) => all.push(Some(frame)),
                Ok(None) => break,
                Err(_) => {
                    all.push(None);
                    return all;
                }
            }
        }
    }
    all
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = (usize::from(input.0).max(1), input.1);
    let whole = frames(std::iter::once(bytes));
    let cut = frames(bytes.chunks(size));
    // A stream that breaks may give more or fewer messages before the break, never other ones.
    let common = whole.iter().zip(&cut).take_while(|(one, two)| one.is_some() && two.is_some());
    assert!(common.into_iter().all(|(one, two)| one == two));
});
