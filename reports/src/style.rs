//! Colour, or none. Whoever calls decides; nothing here asks a terminal or the environment.

use anstyle::{AnsiColor, Style as Ansi};

/// What a piece of text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Headings.
    Title,
    /// Directories and places.
    Path,
    /// Uses that need more than an address space.
    Abuse,
    /// Uses that an address space satisfies.
    Fine,
    /// Uses that nobody has followed to their end.
    Open,
    /// Presence conditions.
    Condition,
    /// Remarks that may be skipped in reading.
    Dim,
    /// What must not be overlooked.
    Loud,
    /// Everything else.
    Plain,
}

/// Colour or plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Whether escape sequences for colour are written.
    pub color: bool,
}

impl Style {
    /// No escape sequences at all.
    pub const PLAIN: Style = Style { color: false };
    /// Colours.
    pub const COLOR: Style = Style { color: true };

    /// The text in that ink; blanks and empty texts stay as they are.
    pub fn paint(self, ink: Ink, text: &str) -> String {
        if !self.color || text.trim().is_empty() {
            return text.to_owned();
        }
        let ansi = match ink {
            Ink::Plain => return text.to_owned(),
            Ink::Title => Ansi::new().bold(),
            Ink::Path => AnsiColor::Blue.on_default().bold(),
            Ink::Abuse => AnsiColor::Yellow.on_default(),
            Ink::Fine => AnsiColor::Green.on_default(),
            Ink::Open => AnsiColor::Magenta.on_default(),
            Ink::Condition => AnsiColor::Cyan.on_default(),
            Ink::Dim => Ansi::new().dimmed(),
            Ink::Loud => AnsiColor::Red.on_default().bold(),
        };
        format!("{ansi}{text}{ansi:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_has_no_escapes_and_colour_closes_what_it_opens() {
        assert_eq!(Style::PLAIN.paint(Ink::Loud, "x"), "x");
        assert_eq!(Style::COLOR.paint(Ink::Dim, "x"), "\x1b[2mx\x1b[0m");
        assert_eq!(Style::COLOR.paint(Ink::Dim, "  "), "  ");
    }
}
