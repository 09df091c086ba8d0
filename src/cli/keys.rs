//! `paidan keys …`: master keys of an encrypted store.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::output;
use super::token::Place;
use crate::calendar::moment;
use crate::clock;
use crate::store::{Algorithm, MasterFile};

#[derive(Subcommand)]
pub(super) enum Keys {
    /// 生成主密钥：首次即启用加密，以后即轮换；重启服务后生效 · make a master key: the first one turns encryption on
    New(New),
    /// 列出主密钥，不含密钥本身 · list master keys, without their secrets
    List(Place),
}

#[derive(Args)]
pub(super) struct New {
    /// 算法 · algorithm
    #[arg(long, value_enum, default_value = "sm4-gcm")]
    algorithm: Algorithm,
    #[command(flatten)]
    place: Place,
}

impl Keys {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::New(New { algorithm, place }) => {
                let file = file_of(&place)?;
                let made = file.add(algorithm, clock::now())?;
                output::line(format!("已生成主密钥{}（{}）：{}", made.id, algorithm.name(), file.path().display()))?;
                output::line("请立即备份整个密钥目录，与数据备份分开存放；重启服务后，新写入的个人信息用它加密")?;
            }
            Self::List(place) => {
                for key in file_of(&place)?.list()? {
                    output::line(format!("{}  {}  {}", key.id, key.algorithm.name(), moment(key.created)))?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn file_of(place: &Place) -> anyhow::Result<MasterFile> {
    Ok(MasterFile::of(&place.settings()?.keys_dir()))
}
