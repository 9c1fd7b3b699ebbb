//! How a master key is written in a file or by a command: 32 raw bytes, or the same as base64 or hexadecimal text.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::key::{KEY_LENGTH, MasterKey};

/// The key that `content` holds, or what it holds instead (never the content itself).
pub(super) fn read(content: &[u8]) -> Result<MasterKey, String> {
    if content.is_empty() {
        return Err("nothing".into());
    }
    let text = content.trim_ascii();
    // 32 printable characters are a password that somebody typed (or half a hexadecimal key); 32 random bytes never are.
    if let Some(key) = raw(content).or_else(|| raw(content.strip_suffix(b"\n")?)).or_else(|| decoded(text)) {
        return Ok(MasterKey::new(key));
    }
    Err(format!("{} bytes", content.len()))
}

/// The key as one line of text.
pub(super) fn write(key: &MasterKey) -> Zeroizing<String> {
    let mut line = Zeroizing::new(String::with_capacity(45));
    BASE64_STANDARD.encode_string(key.bytes(), &mut line);
    line.push('\n');
    line
}

fn raw(bytes: &[u8]) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
    let printable = bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    if printable { None } else { exactly(bytes) }
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of hexadecimal digits, if they are such.
pub(super) fn from_hexadecimal(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        pair.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(pair, 16).ok())?
    });
    pairs.collect::<Option<Vec<u8>>>().map(Zeroizing::new)
}

fn decoded(text: &[u8]) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
    if text.len() == 2 * KEY_LENGTH {
        return exactly(&from_hexadecimal(std::str::from_utf8(text).ok()?)?);
    }
    [BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD]
        .iter()
        .find_map(|alphabet| exactly(&Zeroizing::new(alphabet.decode(text).ok()?)))
}

fn exactly(bytes: &[u8]) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
    (bytes.len() == KEY_LENGTH).then(|| {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        key.copy_from_slice(bytes);
        key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_however_it_was_written() {
        let key = MasterKey::new(Zeroizing::new(std::array::from_fn(|at| (at * 37 + 200) as u8)));
        let hex = hexadecimal(key.bytes()).to_uppercase();
        let base64 = BASE64_STANDARD.encode(key.bytes());
        let url = BASE64_URL_SAFE_NO_PAD.encode(key.bytes());
        let mut newline = key.bytes().to_vec();
        newline.push(b'\n');
        let written = write(&key);
        let lines = format!("{base64}\r\n");
        let spellings: [&[u8]; 7] = [
            key.bytes(),
            &newline,
            written.as_bytes(),
            hex.as_bytes(),
            base64.as_bytes(),
            url.as_bytes(),
            lines.as_bytes(),
        ];
        for content in spellings {
            assert_eq!(read(content).unwrap().bytes(), key.bytes(), "{}", String::from_utf8_lossy(content));
        }
    }

    #[test]
    fn anything_else_is_no_key() {
        for content in ["", "\n", "correct horse battery staple 1234", "0123456789abcdef0123456789abcdef", "QUJD"] {
            assert!(read(content.as_bytes()).is_err(), "{content}");
        }
        assert!(read(&[200; 31]).is_err() && read(&[200; 34]).is_err());
        assert_eq!(read(b"hunter2").unwrap_err(), "7 bytes");
    }
}
