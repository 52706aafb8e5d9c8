//! The file of a recording: a line that says what it is, the digest of what follows, a document, then the parts that are no
//! text.

use serde::{Deserialize, Serialize};
use wcr_image::{Digest, Platform};

use crate::life::Record;
use crate::recording::{Recording, RecordingError};

/// How the first line begins.
const MAGIC: &[u8] = b"wcr recording ";
/// How it ends: the version of the format.
const VERSION: &[u8] = b"2\n";

/// What stands before the parts.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    wcr: String,
    record: Record,
    platform: Platform,
    code: u8,
    trace: String,
    terminal: Option<(u16, u16)>,
    /// The lengths of each layer's index and tar.
    layers: Vec<(usize, usize)>,
    /// The length of the tape.
    tape: usize,
}

impl Recording {
    /// The recording as a file has it.
    ///
    /// # Errors
    /// [`RecordingError::Malformed`]: it has what a document cannot say.
    pub fn encode(&self) -> Result<Vec<u8>, RecordingError> {
        let head = Head {
            wcr: self.wcr.clone(),
            record: self.record.clone(),
            platform: self.platform.clone(),
            code: self.code,
            trace: self.trace.clone(),
            terminal: self.terminal,
            layers: self.layers.iter().map(|[index, tar]| (index.len(), tar.len())).collect(),
            tape: self.tape.len(),
        };
        let head = serde_json::to_vec(&head).map_err(|error| RecordingError::Malformed(error.to_string()))?;
        let length = (head.len() as u64).to_le_bytes();
        let mut rest = [&length[..], &head].concat();
        self.layers.iter().flatten().for_each(|part| rest.extend_from_slice(part));
        rest.extend_from_slice(&self.tape);
        Ok([MAGIC, VERSION, Digest::of(&rest).as_bytes(), &rest].concat())
    }

    /// Reads what [`Self::encode`] gives.
    ///
    /// # Errors
    /// [`RecordingError::None`], [`RecordingError::Version`], [`RecordingError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordingError> {
        let short = || RecordingError::Malformed("it ends too early".into());
        let rest = bytes.strip_prefix(MAGIC).ok_or(RecordingError::None)?;
        let rest = rest.strip_prefix(VERSION).ok_or(RecordingError::Version)?;
        let (digest, rest) = rest.split_first_chunk().ok_or_else(short)?;
        if Digest::of(rest).as_bytes() != digest {
            return Err(RecordingError::Malformed("its digest is not that of its content".into()));
        }
        let (length, mut rest) = rest.split_first_chunk().ok_or_else(short)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| short())?;
        let head = part(&mut rest, length).ok_or_else(short)?;
        let head: Head = serde_json::from_slice(&head).map_err(|error| RecordingError::Malformed(error.to_string()))?;
        let layers = head.layers.iter().map(|(index, tar)| Some([part(&mut rest, *index)?, part(&mut rest, *tar)?]));
        let layers = layers.collect::<Option<_>>().ok_or_else(short)?;
        let tape = part(&mut rest, head.tape).filter(|_| rest.is_empty()).ok_or_else(short)?;
        let Head { wcr, record, platform, code, trace, terminal, .. } = head;
        Ok(Self { wcr, record, platform, code, trace, terminal, layers, tape })
    }
}

/// Takes the next bytes; `None` when there are not as many.
fn part(rest: &mut &[u8], len: usize) -> Option<Vec<u8>> {
    let (head, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(head.to_vec())
}

#[cfg(test)]
mod tests {
    use wcr_image::RunConfig;

    use super::*;
    use crate::life::Spec;

    #[test]
    fn recordings_round_trip_and_cut_ones_are_refused() {
        let spec = Spec { command: vec![b"ls".to_vec().into()], seed: Some(7), ..Spec::default() };
        let record = Record {
            version: 1,
            created: 5,
            image: "busybox".into(),
            image_record: None,
            image_id: None,
            config: RunConfig::default(),
            spec,
        };
        let recording = Recording {
            wcr: "0.1.0".into(),
            record,
            platform: Platform::default(),
            code: 3,
            trace: "ab".into(),
            terminal: Some((24, 80)),
            layers: vec![[b"index".to_vec(), b"tar".to_vec()]],
            tape: vec![1, 2, 3],
        };
        let bytes = recording.encode().unwrap();
        let again = Recording::decode(&bytes).unwrap();
        assert_eq!(again.record, recording.record);
        assert_eq!((again.layers, again.tape, again.terminal), (recording.layers, recording.tape, recording.terminal));
        for cut in 0..bytes.len() {
            assert!(Recording::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        assert!(Recording::decode(&[bytes.as_slice(), b"x"].concat()).is_err());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert!(Recording::decode(&changed).is_err(), "changed at {at}");
        }
        let error = |bytes: &[u8]| Recording::decode(bytes).unwrap_err().to_string();
        assert!(error(b"").contains("no recording") && error(b"hello").contains("no recording"));
        assert!(error(b"wcr recording 1\n{}").contains("another version"));
        assert!(error(&bytes[..bytes.len() - 1]).contains("damaged"));
    }
}
