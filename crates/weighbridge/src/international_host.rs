//! Hosts with letters outside ASCII (callbacks.md 4.2): a person sees both spellings, and is told where
//! letters of several alphabets stand in one label, as in names that are made to look like others
//! (Unicode Technical Standard 39, part 5.1).

use outbound::{Host, Target};
use serde::Serialize;
use unicode_security::MixedScript;

/// Both spellings of a host.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct InternationalHost {
    /// As it is looked up.
    pub ascii: String,
    /// As it is meant to be read.
    pub unicode: String,
    /// Letters of several alphabets stand in one label.
    pub mixes_alphabets: bool,
}

impl InternationalHost {
    /// The host of `url`; `None`: it is ASCII alone, or there is none.
    pub fn of_url(url: &str) -> Option<Self> {
        let target = Target::parse(url).ok()?;
        let Host::Name(ascii) = target.host else {
            return None;
        };
        let (unicode, _) = idna::domain_to_unicode(&ascii);
        let mixes_alphabets = unicode.split('.').any(|label| !label.is_single_script());
        (unicode != ascii).then_some(Self {
            ascii,
            unicode,
            mixes_alphabets,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::InternationalHost;

    #[test]
    fn both_spellings_are_told_and_mixed_alphabets_flagged() {
        for (url, ascii, unicode, mixes_alphabets) in [
            (
                "https://bücher.example/cb",
                "xn--bcher-kva.example",
                "bücher.example",
                false,
            ),
            (
                "https://xn--bcher-kva.example:8443/cb",
                "xn--bcher-kva.example",
                "bücher.example",
                false,
            ),
            // A Cyrillic а among Latin letters.
            (
                "https://p\u{430}ypal.example/",
                "xn--pypal-4ve.example",
                "p\u{430}ypal.example",
                true,
            ),
            // Kana and Han belong together.
            (
                "https://日本の.example/",
                "xn--u9ju32nb2a.example",
                "日本の.example",
                false,
            ),
        ] {
            let told = InternationalHost {
                ascii: ascii.to_owned(),
                unicode: unicode.to_owned(),
                mixes_alphabets,
            };
            assert_eq!(InternationalHost::of_url(url), Some(told), "{url}");
        }
        for url in [
            "https://example.com/cb",
            "https://127.0.0.1/cb",
            "ada@example.com",
        ] {
            assert_eq!(InternationalHost::of_url(url), None, "{url}");
        }
    }
}
