//! Tokens of small texts, and properties of any.

use super::*;
use crate::text::name_text;
use proptest::prelude::*;

fn check(source: &str, want: &str) {
    let got: Vec<_> = lex(source.as_bytes()).tokens.iter().map(|t| format!("{:?}", t.kind)).collect();
    assert_eq!(got.join(" "), want, "{source}");
}

#[test]
fn operators_names_and_literals() {
    check("p->p_pid != 0x1fUL", "Ident Arrow Ident NotEq Number");
    check("x =- 1; c = 'a'; s = \"a\\\"b\"", "Ident Eq Minus Number Semi Ident Eq Char Semi Ident Eq Str");
    check("__inline const u_int", "Storage Qualifier Ident");
}

#[test]
fn a_name_may_run_over_a_continued_line() {
    let source = b"uio_\\\nprocp";
    let lexed = lex(source);
    assert_eq!(lexed.tokens.len(), 1);
    assert_eq!(&*name_text(lexed.tokens[0].span.of(source)), b"uio_procp");
    check("foo\\\n+bar", "Ident Plus Ident");
}

#[test]
fn strings_may_run_over_lines_but_not_over_directives() {
    check("asm(\"a\n b\");", "Asm LParen Str RParen Semi");
    check("asm(\"\n#define x\n# c\n\");", "Asm LParen Str RParen Semi");
    check("x = \"oops;\n#endif\ny", "Ident Eq OpenQuote Hash Ident Ident");
    check("it's", "Ident OpenQuote Ident");
}

#[test]
fn directives_are_logical_lines() {
    let lexed = lex(b"#if A /* c\n */ && \\\n B\nx\n# error don't\n y # z");
    let kinds: Vec<_> = lexed.directives.iter().map(|d| d.kind).collect();
    assert_eq!(kinds, [DirectiveKind::If, DirectiveKind::Other]);
    assert_eq!(lexed.directives[0].last - lexed.directives[0].body, 3);
}

proptest! {
    #[test]
    fn raw_tokens_joined_give_the_input_back(source in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut joined = Vec::new();
        for token in raw(&source) {
            joined.extend_from_slice(token.span.of(&source));
        }
        prop_assert_eq!(joined, source);
    }

    #[test]
    fn so_do_those_of_text_that_looks_like_c(source in r#"([a-z_]{1,4}|[0-9.]{1,3}|[-+*/&|<>=!(){}\[\];,.?:#%^~]|["'\\\n ]|/\*|\*/|//|\\\n){0,80}"#) {
        let joined: Vec<u8> = raw(source.as_bytes()).flat_map(|t| t.span.of(source.as_bytes()).to_vec()).collect();
        prop_assert_eq!(joined, source.as_bytes());
    }
}
