//! The rule that decided, in words.

use super::Spoken;
use crate::MergeRule;
use crate::inventory::{Data, GroupId, Voice};

pub(super) fn in_words(
    data: &Data,
    key: &str,
    rule: MergeRule,
    spoken: &[Spoken<'_>],
    won: &[bool],
) -> String {
    let Some(last) = spoken.last() else { return String::new() };
    let winner = data.voice_name(last.voice);
    if spoken.len() == 1 {
        return format!("only {winner} says it");
    }
    if won.iter().filter(|won| **won).count() > 1 && rule != MergeRule::Replace {
        return merged(data, key, rule);
    }
    let mut equals = spoken.iter().zip(won).filter(|(said, _)| said.level == last.level);
    if let Some((above, _)) = equals.find(|(_, won)| !**won) {
        return format!("{winner} is below {}, and groups below are stronger", data.voice_name(above.voice));
    }
    let is_weaker = |said: &&Spoken<'_>| {
        said.level.0 < last.level.0 || said.level < last.level && said.voice == last.voice
    };
    match spoken.iter().rfind(is_weaker) {
        None => "all who are equally strong say the same".to_owned(),
        Some(weaker) if weaker.voice == last.voice => again(data, weaker, last).to_owned(),
        Some(weaker) => match (weaker.voice, last.voice) {
            (Voice::GroupFiles(_), Voice::GroupFiles(other))
                if weaker.layer != last.layer && other != GroupId(0) && data.native.is_none() =>
            {
                format!(
                    "{winner} is said beside a later source than {}: {LATER_FILES}",
                    data.voice_name(weaker.voice)
                )
            }
            (Voice::Group(one), Voice::Group(other)) | (Voice::GroupFiles(one), Voice::GroupFiles(other)) => {
                groups(data, one, other)
            }
            _ => format!(
                "{winner} is stronger than {}{}",
                data.voice_name(weaker.voice),
                why(weaker.voice, last.voice)
            ),
        },
    }
}

const LATER_FILES: &str = "files beside a later source are stronger";

/// Why the later of two values of the same voice counts.
fn again(data: &Data, earlier: &Spoken<'_>, later: &Spoken<'_>) -> &'static str {
    if later.layer.is_some() && !data.same_source(earlier.value, later.value) {
        LATER_FILES
    } else if !data.same_source(earlier.value, later.value) {
        "a later source is stronger"
    } else if earlier.value.origin.file != later.value.origin.file {
        "a later file is stronger"
    } else {
        "what is said later in a file is stronger"
    }
}

fn merged(data: &Data, key: &str, rule: MergeRule) -> String {
    let how = match rule {
        MergeRule::Replace => "the strongest counts",
        MergeRule::Deep => "maps are merged key by key",
        MergeRule::Append => "lists are put one after the other",
        MergeRule::Unique => "lists are put one after the other, each item once",
        MergeRule::Remove => "stronger lists are taken out of the weakest",
    };
    let Some(native) = &data.native else {
        return format!("{how} (hash_behaviour = merge)");
    };
    let declared = data.keys.get(key).and_then(|id| native.rules.get(&id)?.origin);
    match declared {
        Some(origin) => format!("{how} ({rule}, declared at {})", origin.place(&data.files)),
        None => format!("{how} ({rule}, as always for {key})"),
    }
}

/// Why one of two groups is stronger in Ansible's order: depth, priority, name.
fn groups(data: &Data, weaker: GroupId, stronger: GroupId) -> String {
    let (one, other) = (&data.groups[weaker.0 as usize], &data.groups[stronger.0 as usize]);
    let (weak, strong) = (data.group_names.text(weaker.0), data.group_names.text(stronger.0));
    if one.depth != other.depth {
        format!("group {strong:?} is deeper than {weak:?}: {} and {} below all", other.depth, one.depth)
    } else if one.priority != other.priority {
        format!(
            "group {strong:?} is as deep as {weak:?} and its priority is higher: {} and {}",
            other.priority, one.priority
        )
    } else {
        format!("group {strong:?} is as deep as {weak:?}, of equal priority, and later in the alphabet")
    }
}

fn why(weaker: Voice, stronger: Voice) -> &'static str {
    match (weaker, stronger) {
        (Voice::Group(_), Voice::GroupFiles(_)) => ": files beat what the inventory says of any group",
        (Voice::Host(_), Voice::HostFiles(_)) => ": files beat what the inventory says",
        (Voice::Layer(_), Voice::Layer(_)) => ", by the declared precedence",
        _ => "",
    }
}
