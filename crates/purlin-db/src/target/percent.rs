//! Percent signs (RFC 3986, section 2.1).

/// Decodes percent signs; says what is wrong without repeating anything.
pub(super) fn decode(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err("a percent sign without two hexadecimal digits; itself it is written %25");
        };
        // Two hexadecimal digits make one byte.
        bytes.push(u8::try_from(high * 16 + low).unwrap_or(u8::MAX));
    }
    let text = String::from_utf8(bytes).map_err(|_| "what the percent signs stand for is not UTF-8")?;
    if text.contains('\0') { Err("a NUL") } else { Ok(text) }
}

/// Writes everything with a percent sign that is neither a letter, a digit, one of `-._~` nor among the others.
pub(super) fn encode(text: &str, others: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if letter.is_ascii_alphanumeric() || "-._~".contains(letter) || others.contains(letter) {
            encoded.push(letter);
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}
