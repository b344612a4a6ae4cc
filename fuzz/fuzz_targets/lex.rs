//! Tokens joined give the input back; the list without blanks holds no more than them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_analyzer::c::lex::{lex, raw};

fuzz_target!(|source: &[u8]| {
    let mut end = 0;
    let mut significant = 0;
    for token in raw(source) {
        assert_eq!(token.span.start, end, "a gap before a token");
        assert!(token.span.end > end, "an empty token");
        end = token.span.end;
        significant += usize::from(!token.kind.is_trivia());
    }
    assert_eq!(end as usize, source.len(), "the end is missing");
    let lexed = lex(source);
    // In a directive that is prose the tokens are not looked at one by one.
    assert!(lexed.tokens.len() <= significant + 1);
    assert!(lexed.tokens.iter().all(|t| t.span.end as usize <= source.len()));
});
