//! Tokens joined give the input back; those of the list stand in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_source::c::lex::{lex, raw};

fuzz_target!(|source: &[u8]| {
    let mut end = 0;
    for token in raw(source) {
        assert_eq!(token.span.start, end, "a gap before a token");
        assert!(token.span.end > end, "an empty token");
        end = token.span.end;
    }
    assert_eq!(end as usize, source.len(), "the end is missing");
    let lexed = lex(source);
    let mut end = 0;
    for token in &lexed.tokens {
        assert!(!token.kind.is_trivia() && end <= token.span.start && token.span.start < token.span.end);
        end = token.span.end;
    }
    assert!(end as usize <= source.len());
    for d in &lexed.directives {
        assert!(d.first < d.body && d.body <= d.last && d.last as usize <= lexed.tokens.len(), "{d:?}");
    }
});
