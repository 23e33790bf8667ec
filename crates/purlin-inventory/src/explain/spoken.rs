//! Everybody who has said something of a variable of a host.

use crate::inventory::{Data, Earlier, GroupId, Voice};
use crate::{Host, Located};

/// What one voice says.
pub(super) struct Spoken<'a> {
    /// Equals have the same; what one of them has said before is below it.
    pub(super) level: (usize, usize),
    pub(super) voice: Voice,
    /// None in the inventory itself; in files beside it their layer.
    pub(super) layer: Option<u32>,
    pub(super) value: &'a Located,
}

impl Spoken<'_> {
    /// Whether it is what its voice says in the end.
    pub(super) fn is_last(&self) -> bool {
        self.level.1 == LAST
    }

    /// Whether the other is said by the same voice, and merged with this. Of files beside several sources the last ones
    /// count alone where a group is one of several equals.
    pub(super) fn is_with(&self, other: &Self) -> bool {
        self.voice == other.voice
            && (self.layer == other.layer || !matches!(self.voice, Voice::GroupFiles(_)))
    }
}

/// What a voice says last counts among equals.
const LAST: usize = usize::MAX;

impl Data {
    /// All that is said of a variable, the weakest first.
    pub(super) fn spoken<'a>(&'a self, host: Host<'a>, key: u32) -> Vec<Spoken<'a>> {
        let mut spoken = match &self.native {
            Some(native) => {
                let levels = host.combination().levels.iter().enumerate();
                levels
                    .flat_map(|(level, voices)| match level == native.groups {
                        true => self.groups_at(level, host, key),
                        false => self.voices_at(level, voices.iter().map(|voice| (*voice, None)), key),
                    })
                    .collect()
            }
            None => self.in_merge_order(host, key),
        };
        let above = spoken.last().map_or(0, |last: &Spoken<'_>| last.level.0 + 1);
        spoken.extend(self.voices_at(above, [(Voice::Host(host.id), None)], key));
        spoken.extend(self.voices_at(above + 1, [(Voice::HostFiles(host.id), None)], key));
        spoken
    }

    /// What the groups say, as Ansible's profile merges it: there are no equals.
    fn in_merge_order<'a>(&'a self, host: Host<'a>, key: u32) -> Vec<Spoken<'a>> {
        let groups = self.speaking_groups(host.combination());
        let inline = groups.iter().map(|id| (Voice::Group(*id), None));
        let files = self.file_parts(&groups).map(|(id, layer)| (Voice::GroupFiles(id), Some(layer)));
        let voices = inline.chain(files).enumerate();
        voices.flat_map(|(level, voice)| self.voices_at(level, [voice], key)).collect()
    }

    fn groups_at<'a>(&'a self, level: usize, host: Host<'a>, key: u32) -> Vec<Spoken<'a>> {
        let groups = self.speaking_groups(host.combination()).into_iter();
        let voices = groups.flat_map(|id| {
            let layers = self.group(id).file_layers.iter();
            let files = layers.map(move |(layer, _)| (Voice::GroupFiles(id), Some(*layer)));
            std::iter::once((Voice::Group(id), None)).chain(files)
        });
        self.voices_at(level, voices, key)
    }

    /// What these say at a level, what they have said before first.
    fn voices_at<'a>(
        &'a self,
        level: usize,
        voices: impl IntoIterator<Item = (Voice, Option<u32>)>,
        key: u32,
    ) -> Vec<Spoken<'a>> {
        let mut all: Vec<Spoken<'a>> = Vec::new();
        for (voice, layer) in voices {
            let parts = self.parts(voice, layer, key);
            if let (Some(last), false) = (all.last_mut(), parts.is_empty())
                && last.voice == voice
            {
                last.level.1 = 0;
            }
            let count = parts.len();
            all.extend(parts.into_iter().zip(1..).map(|((layer, value), at)| Spoken {
                level: (level, if at == count { LAST } else { 0 }),
                voice,
                layer,
                value,
            }));
        }
        all.sort_by_key(|said| said.level);
        all
    }

    /// What a voice has said of a variable, in order.
    fn parts(&self, voice: Voice, layer: Option<u32>, key: u32) -> Vec<(Option<u32>, &Located)> {
        let in_files = matches!(voice, Voice::GroupFiles(_) | Voice::HostFiles(_));
        let fits = |said: &&Earlier| {
            said.key == key && said.layer.is_some() == in_files && (layer.is_none() || said.layer == layer)
        };
        let earlier = self.earlier(voice).iter().filter(fits);
        let mut parts: Vec<_> = earlier.clone().map(|said| (said.layer, &said.value)).collect();
        if !earlier.into_iter().any(|said| said.is_last) {
            let now = match (voice, layer) {
                (Voice::GroupFiles(id), Some(layer)) => self.group(id).layer(layer),
                _ => self.said_by(voice),
            };
            let now = now.iter().rfind(|(known, _)| *known == key);
            let last = parts.last().and_then(|(layer, _)| *layer);
            parts.extend(now.map(|(_, value)| (layer.or(last), value)));
        }
        parts
    }

    fn earlier(&self, voice: Voice) -> &[Earlier] {
        let group = |id: GroupId| &*self.group(id).earlier;
        match voice {
            Voice::Layer(id) => self
                .native
                .as_ref()
                .and_then(|native| native.layers.get(id as usize))
                .map_or(&[], |layer| &layer.earlier),
            Voice::Group(id) | Voice::GroupFiles(id) => group(id),
            Voice::Host(id) | Voice::HostFiles(id) => &self.hosts[id.0 as usize].earlier,
        }
    }

    /// Whether two values come from one source.
    pub(super) fn same_source(&self, one: &Located, other: &Located) -> bool {
        let source =
            |value: &Located| self.sources.get(value.origin.file.0 as usize).map(|(source, _)| *source);
        source(one) == source(other)
    }
}
