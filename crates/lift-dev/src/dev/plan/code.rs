//! The code of a template's function: which program runs it here.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use lift_template::{Code, Function, Notice};

use super::{Source, flags};
use crate::{
    args::FunctionArgs,
    dev::program::{
        executable::Executable,
        managed::{Language, Managed},
        project::Project,
    },
};

/// Who runs a function: what the user says, or else what its runtime and its code say.
pub(super) async fn source(
    function: &Function,
    given: &FunctionArgs,
    beside: &Path,
    ignored: &mut Vec<Notice>,
) -> Result<Source> {
    let id = &function.id;
    let path = match &function.code {
        Code::Inline(_) => beside.to_owned(),
        Code::Path(path) => beside.join(path),
    };
    if let Some(named) = given.functions.iter().find(|named| named.name == *id) {
        return Ok(flags::source(&named.runs, &path));
    }
    if !path.is_dir() {
        bail!(
            "the code of {id} is not in {}: is that folder the right one, and built?",
            path.display()
        );
    }
    let path = path.canonicalize().with_context(|| format!("cannot open {}", path.display()))?;
    let runtime = function.runtime.as_deref().unwrap_or("provided");
    if let Some(language) = Language::of(runtime) {
        let Some(handler) = function.handler.clone() else {
            bail!("the function {id} has no handler, which {runtime} needs, such as `app.handler`");
        };
        let here = language.here(&path).await.with_context(|| format!("the function {id}"))?;
        if here != runtime {
            let what = format!("is for {runtime}, and runs on {here}");
            ignored.push(Notice { place: id.clone(), what });
        }
        let inline = match &function.code {
            Code::Inline(text) => Some(text.clone()),
            Code::Path(_) => None,
        };
        return Ok(Source::Managed(Managed { language, handler, folder: path, inline }));
    }
    let help = format!("say how to run it by --function {id}='COMMAND'");
    if !runtime.starts_with("provided") {
        bail!(
            "the function {id} has the runtime {runtime}, which `lift dev` does not have: {help}"
        );
    }
    if path.join("Cargo.toml").is_file() {
        return Ok(Source::Package(Project::read(&path, function.binary.as_deref()).await?));
    }
    let program = path.join("bootstrap");
    if program.is_file() {
        return Ok(Source::Command(Executable { program, args: Vec::new(), folder: path }));
    }
    let shown = path.display();
    match &function.build_method {
        Some(method) => bail!(
            "the function {id} is to be built by `{method}`: run `sam build` and pass \
             --template .aws-sam/build/template.yaml, or {help}"
        ),
        None => bail!(
            "there is no Cargo.toml and no `bootstrap` of the function {id} in {shown}: {help}"
        ),
    }
}
