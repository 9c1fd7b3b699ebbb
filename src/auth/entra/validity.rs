//! When a certificate ends, read from its DER (RFC 5280 §4.1): a walk over a few lengths, for a warning and nothing else,
//! so that no X.509 library is needed. What is not understood has no end.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of a certificate's validity.
pub(super) fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    let (_, certificate, _) = element(certificate).filter(|(tag, ..)| *tag == SEQUENCE)?;
    let (_, mut fields, _) = element(certificate).filter(|(tag, ..)| *tag == SEQUENCE)?;
    if *fields.first()? == VERSION {
        fields = element(fields)?.2;
    }
    // Serial number, signature algorithm and issuer come before the validity.
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (_, validity, _) = element(fields).filter(|(tag, ..)| *tag == SEQUENCE)?;
    let (tag, ends, _) = element(element(validity)?.2)?;
    moment(tag, std::str::from_utf8(ends).ok()?)
}

/// The first element of `bytes`: its tag, its content, and what comes after it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |length, &byte| (length << 8) | usize::from(byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `261124083000Z`, or with four digits of the year. Two digits mean 1950 to 2049 (RFC 5280 §4.1.2.5.1).
fn moment(tag: u8, text: &str) -> Option<Timestamp> {
    let text = match tag {
        UTC_TIME => format!("{}{text}", if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize, to: usize| i8::try_from(number(from, to)?).ok();
    let date = civil::Date::new(number(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
    let time = civil::Time::new(small(8, 10)?, small(10, 12)?, small(12, 14)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(DateTime::from_parts(date, time)).ok()
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn the_end_is_found_and_rubbish_has_none() {
        let pem = include_bytes!("tests/test_certificate.pem");
        let certificate = CertificateDer::from_pem_slice(pem).unwrap();
        let ends = not_after(&certificate).unwrap();
        assert_eq!(ends.to_string(), "2036-11-21T11:41:37Z");
        for cut in 0..certificate.len() {
            // Whatever is left of it, nothing panics; the end may be known before all of it is there.
            let _ = not_after(&certificate[..cut]);
        }
        assert_eq!(not_after(b"\x30\x84\xff\xff\xff\xff"), None);
        assert_eq!(moment(UTC_TIME, "490101000000Z").unwrap().to_string(), "2049-01-01T00:00:00Z");
        assert_eq!(moment(UTC_TIME, "500101000000Z").unwrap().to_string(), "1950-01-01T00:00:00Z");
        assert_eq!(moment(GENERALIZED_TIME, "21001231235959Z").unwrap().to_string(), "2100-12-31T23:59:59Z");
        assert_eq!(moment(GENERALIZED_TIME, "2100"), None);
    }
}
