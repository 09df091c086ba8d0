//! Bytes of a file → text. Rules are UTF-8; tables come out of spreadsheets, which save GB 18030 in China.

use encoding_rs::{Encoding, GB18030};

/// The text of a file, or why it is none (Chinese). Tables (`.csv`) may be UTF-8, UTF-16 with a byte-order mark or
/// GB 18030, and lose their mark; everything else must be UTF-8.
pub fn decode(path: &str, bytes: Vec<u8>) -> Result<String, String> {
    if path.ends_with(".csv") {
        return table(&bytes);
    }
    String::from_utf8(bytes).map_err(|err| {
        let good = &err.as_bytes()[..err.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        format!("第 {line} 行起不是 UTF-8 编码，请用 UTF-8 另存")
    })
}

fn table(bytes: &[u8]) -> Result<String, String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, &bytes[mark..]);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => decode_as(GB18030, bytes),
    }
}

fn decode_as(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let text = text.map(|text| text.into_owned());
    // A workbook renamed to .csv decodes as something, but holds control characters.
    text.filter(|text| !text.contains('\0')).ok_or_else(|| {
        "这不是 CSV 文本（可能是改了扩展名的 Excel 文件）；请在表格软件里另存为“CSV UTF-8（逗号分隔）”".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_from_spreadsheets_are_text() {
        for bytes in [
            "名称,标题\n".as_bytes().to_vec(),
            "\u{feff}名称,标题\n".as_bytes().to_vec(),
            GB18030.encode("名称,标题\n").0.into_owned(),
            [&[0xff, 0xfe][..], &"名称,标题\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat(),
        ] {
            assert_eq!(decode("rules/demo/cases/a.csv", bytes).as_deref(), Ok("名称,标题\n"));
        }
        assert!(decode("a.csv", b"PK\x03\x04\x00\x00\xff\xff\xff".to_vec()).is_err());
        assert!(decode("a.rhai", GB18030.encode("// 广东").0.into_owned()).unwrap_err().contains("UTF-8"));
    }
}
