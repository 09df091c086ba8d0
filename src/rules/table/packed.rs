//! How large a ZIP archive, which a workbook is, says that it becomes. Looked at before anybody unpacks it.

/// Bytes that a workbook may become.
pub(crate) const MAX_UNPACKED: u64 = 256 * 1024 * 1024;

const ENTRY: [u8; 4] = *b"PK\x01\x02";
/// Of an entry of the directory, up to its name.
const HEADER: usize = 46;

/// The sum of the sizes that the directory of an archive names; whatever is no archive is said elsewhere.
pub(crate) fn unpacked(bytes: &[u8]) -> u64 {
    let starts = bytes.windows(ENTRY.len()).enumerate().filter(|(_, found)| *found == ENTRY);
    let size = |at: usize| {
        let header = bytes.get(at..at + HEADER)?;
        Some(u64::from(u32::from_le_bytes(*header[24..].first_chunk()?)))
    };
    starts.filter_map(|(at, _)| size(at)).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_archive_says_is_added_up() {
        let mut entry = ENTRY.to_vec();
        entry.resize(HEADER, 0);
        entry[24..28].copy_from_slice(&1_000_000_000_u32.to_le_bytes());
        assert_eq!(unpacked(&entry.repeat(2)), 2_000_000_000);
        assert_eq!(unpacked(&entry[..40]), 0);
        assert_eq!(unpacked(b"no archive"), 0);
    }
}
