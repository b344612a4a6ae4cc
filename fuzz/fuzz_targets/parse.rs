//! Every variant of every item gives a tree whose places lie in the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uioscope_source::tree::Ast;
use uioscope_source::c::variant::{Cover, variants};
use uioscope_source::c::{items, parse, pp::Unit};

fuzz_target!(|source: &[u8]| {
    let unit = Unit::new(source);
    for token in 0..unit.lexed.tokens.len().min(100) as u32 {
        assert!(!unit.presence(token).to_string().is_empty());
    }
    let mut ast = Ast::default();
    for item in items::cut(&unit) {
        for stream in variants(&unit, item, Cover::All).streams {
            ast.clear();
            parse::parse(source, &stream, &mut ast);
            assert!(ast.spans.iter().all(|s| s.start <= s.end && s.end as usize <= source.len()));
            assert!(ast.skips.iter().all(|s| s.span.end as usize <= source.len()));
            for id in 0..ast.exprs.len() as u32 {
                ast.operands(id, &mut |o| assert!(o < id, "an operand that comes later"));
            }
        }
    }
});
