//! Who does something.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person (or a machine) is on the platform. What each role may do is decided where the command is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The engine itself.
    #[default]
    System,
    /// The calling platform (a machine with a key).
    Platform,
    /// 派单员.
    Dispatcher,
    /// 联动中心 / 平台管理.
    Center,
    /// 来件人, through a platform that knows who it is.
    Requester,
    /// 承办单位; what a person there may do depends on the [`Post`].
    Unit,
    /// 领导小组办公室: reads all, supervises.
    Office,
    /// Writes and publishes rules.
    #[serde(alias = "author")]
    RuleAuthor,
    /// Writes and publishes knowledge entries.
    #[serde(alias = "maintainer")]
    KnowledgeMaintainer,
    /// 纪检监察: reads, changes nothing.
    Auditor,
    /// Runs the machine.
    Admin,
}

impl Role {
    pub const ALL: [Self; 11] = [
        Self::Platform,
        Self::Dispatcher,
        Self::Center,
        Self::Requester,
        Self::Unit,
        Self::Office,
        Self::RuleAuthor,
        Self::KnowledgeMaintainer,
        Self::Auditor,
        Self::Admin,
        Self::System,
    ];

    /// Stable name (the same as in JSON), what may be written instead of it, and the name for people.
    const fn row(self) -> (&'static str, Option<&'static str>, &'static str) {
        match self {
            Self::System => ("system", None, "系统"),
            Self::Platform => ("platform", None, "平台"),
            Self::Dispatcher => ("dispatcher", None, "派单员"),
            Self::Center => ("center", None, "联动中心"),
            Self::Requester => ("requester", None, "来件人"),
            Self::Unit => ("unit", None, "承办单位"),
            Self::Office => ("office", None, "领导小组办公室"),
            Self::RuleAuthor => ("rule_author", Some("author"), "规则作者"),
            Self::KnowledgeMaintainer => ("knowledge_maintainer", Some("maintainer"), "知识库维护"),
            Self::Auditor => ("auditor", None, "审计"),
            Self::Admin => ("admin", None, "运维"),
        }
    }

    /// A stable name, the same as in JSON.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// A shorter name that is understood as well.
    pub const fn alias(self) -> Option<&'static str> {
        self.row().1
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// The role of this name or alias.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name || role.alias() == Some(name))
    }
}

/// 岗位: what a person of a unit does there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Post {
    #[default]
    None,
    /// 联络员 / 管理员.
    Liaison,
    /// 经办人.
    Handler,
    /// 分管领导.
    Deputy,
    /// 单位主要负责人.
    Head,
    /// 审核人 (of knowledge, of rules).
    Reviewer,
}

impl Post {
    /// Every post; [`Self::None`] is the lack of one.
    pub const ALL: [Self; 5] = [Self::Liaison, Self::Handler, Self::Deputy, Self::Head, Self::Reviewer];

    /// A stable name, the same as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Liaison => "liaison",
            Self::Handler => "handler",
            Self::Deputy => "deputy",
            Self::Head => "head",
            Self::Reviewer => "reviewer",
        }
    }

    /// The post of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|post| post.name() == name)
    }

    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Liaison => "联络员",
            Self::Handler => "经办人",
            Self::Deputy => "分管领导",
            Self::Head => "单位主要负责人",
            Self::Reviewer => "审核人",
        }
    }
}

/// The author of an event. `person` is an id, never a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    pub person: String,
    pub role: Role,
    /// Empty: every jurisdiction.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub jurisdiction: String,
    /// The one name of a unit; empty for everybody who belongs to none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    #[serde(default, skip_serializing_if = "Post::is_none")]
    pub post: Post,
}

impl Actor {
    /// The engine itself.
    pub fn system() -> Self {
        Self { person: "system".into(), ..Self::default() }
    }

    /// Whether this actor works in `jurisdiction` at all.
    pub fn serves(&self, jurisdiction: &str) -> bool {
        self.jurisdiction.is_empty() || self.jurisdiction == jurisdiction
    }
}

#[cfg(test)]
mod tests {
    use super::{Post, Role};

    #[test]
    fn names_are_those_of_json() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
            for name in [Some(role.name()), role.alias()].into_iter().flatten() {
                assert_eq!(serde_json::from_value::<Role>(name.into()).unwrap(), role);
                assert_eq!(Role::named(name), Some(role));
            }
        }
        for post in Post::ALL {
            assert_eq!(
                (serde_json::to_value(post).unwrap(), Post::named(post.name())),
                (post.name().into(), Some(post))
            );
        }
        assert_eq!((Role::named("boss"), Post::named("none")), (None, None));
    }
}
