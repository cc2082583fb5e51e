"""The parts of Schemathesis that the suite uses, imported in one place.

Most of them come from internal modules, which Schemathesis moves between versions; so its version is pinned.
"""

from __future__ import annotations

from schemathesis.checks import CHECKS as REGISTERED
from schemathesis.checks import CheckResult, load_all_checks
from schemathesis.config import ChecksConfig, GenerationConfig, PhasesConfig, ProjectConfig
from schemathesis.core import NOT_SET
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation import GenerationMode, derive_operation_seed
from schemathesis.generation.drivers import CoverageGenerator, ExamplesGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.meta import CaseMetadata, TestPhase
from schemathesis.generation.overrides import Override
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.openapi.checks import UnsupportedMethodResponse
from schemathesis.schemas import BaseSchema, PayloadAlternatives
from schemathesis.specs.openapi.schemas import OpenApiSchema
from schemathesis.transport.requests import REQUESTS_TRANSPORT

__all__ = [
    "NOT_SET",
    "REGISTERED",
    "REQUESTS_TRANSPORT",
    "BaseSchema",
    "CaseMetadata",
    "CheckResult",
    "ChecksConfig",
    "CoverageGenerator",
    "ExamplesGenerator",
    "Failure",
    "FailureGroup",
    "FeedbackSources",
    "GenerationConfig",
    "GenerationMode",
    "Ok",
    "OpenApiSchema",
    "Override",
    "ParameterLocation",
    "PayloadAlternatives",
    "PhasesConfig",
    "ProjectConfig",
    "Response",
    "ScenarioRecorder",
    "StepInput",
    "StepOutput",
    "TestPhase",
    "UnsupportedMethodResponse",
    "derive_operation_seed",
    "load_all_checks",
]
