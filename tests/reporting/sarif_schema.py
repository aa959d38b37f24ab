"""The part of the SARIF 2.1.0 schema that randlint's documents touch, as facts about its objects.

For each object: its properties with their types and bounds, and which are required; nothing else is
allowed in it. The names are all that the standard has for that object, so that a misspelt property
is seen; where randlint writes a property, its value is described too. Compared object by object
with the schema of the standard's first errata.
"""

from __future__ import annotations

from typing import Any

ANY: dict[str, Any] = {}
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RANK = {"type": "number", "minimum": -1.0, "maximum": 100.0}
INDEX = {"type": "integer", "minimum": -1}
FROM_ZERO = {"type": "integer", "minimum": 0}
FROM_ONE = {"type": "integer", "minimum": 1}
URI = {"type": "string", "format": "uri"}
REFERENCE = {"type": "string", "format": "uri-reference"}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{name}"}


def many(items: dict[str, Any], *, unique: bool = True) -> dict[str, Any]:
    return {"type": "array", "items": items, "uniqueItems": unique}


def exactly(required: str = "", others: str = "", **properties: Any) -> dict[str, Any]:
    """An object with these properties; `others` names those that randlint does not write."""
    return {
        "type": "object",
        "properties": properties | dict.fromkeys([*others.split(), "properties"], ANY),
        "required": required.split(),
        "additionalProperties": False,
    }


DEFINITIONS = {
    "run": exactly(
        "tool",
        "invocations conversion language versionControlProvenance originalUriBaseIds artifacts "
        "logicalLocations graphs automationDetails runAggregates baselineGuid redactionTokens "
        "defaultEncoding defaultSourceLanguage newlineSequences externalPropertyFileReferences "
        "threadFlowLocations taxonomies addresses translations policies webRequests webResponses "
        "specialLocations",
        tool=ref("tool"),
        results=many(ref("result"), unique=False),
        columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    ),
    "tool": exactly("driver", "extensions", driver=ref("toolComponent")),
    "toolComponent": exactly(
        "name",
        "guid organization product productSuite shortDescription fullDescription fullName "
        "dottedQuadFileVersion releaseDateUtc downloadUri globalMessageStrings notifications "
        "taxa locations language contents isComprehensive localizedDataSemanticVersion "
        "minimumRequiredLocalizedDataSemanticVersion associatedComponent translationMetadata "
        "supportedTaxonomies",
        name=TEXT,
        version=TEXT,
        semanticVersion=TEXT,
        informationUri=URI,
        rules=many(ref("reportingDescriptor")),
    ),
    "reportingDescriptor": exactly(
        "id",
        "deprecatedIds guid deprecatedGuids deprecatedNames messageStrings relationships",
        id=TEXT,
        name=TEXT,
        shortDescription=ref("multiformatMessageString"),
        fullDescription=ref("multiformatMessageString"),
        help=ref("multiformatMessageString"),
        helpUri=URI,
        defaultConfiguration=ref("reportingConfiguration"),
    ),
    "multiformatMessageString": exactly("text", text=TEXT, markdown=TEXT),
    "reportingConfiguration": exactly("", "parameters", enabled=FLAG, level=LEVEL, rank=RANK),
    "result": exactly(
        "message",
        "rule analysisTarget guid correlationGuid occurrenceCount partialFingerprints fingerprints "
        "stacks codeFlows graphs graphTraversals suppressions baselineState attachments "
        "hostedViewerUri workItemUris provenance fixes taxa webRequest webResponse",
        ruleId=TEXT,
        ruleIndex=INDEX,
        kind={"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
        level=LEVEL,
        rank=RANK,
        message=ref("message"),
        locations=many(ref("location"), unique=False),
        relatedLocations=many(ref("location")),
    ),
    "message": {
        **exactly("", "arguments", text=TEXT, markdown=TEXT, id=TEXT),
        "anyOf": [{"required": ["text"]}, {"required": ["id"]}],
    },
    "location": exactly(
        "",
        "annotations relationships",
        id=INDEX,
        physicalLocation=ref("physicalLocation"),
        logicalLocations=many(ref("logicalLocation")),
        message=ref("message"),
    ),
    "physicalLocation": {
        **exactly(
            "",
            "address contextRegion",
            artifactLocation=ref("artifactLocation"),
            region=ref("region"),
        ),
        "anyOf": [{"required": ["address"]}, {"required": ["artifactLocation"]}],
    },
    "artifactLocation": exactly("", "description", uri=REFERENCE, uriBaseId=TEXT, index=INDEX),
    "region": {
        **exactly(
            "",
            "snippet message sourceLanguage",
            startLine=FROM_ONE,
            startColumn=FROM_ONE,
            endLine=FROM_ONE,
            endColumn=FROM_ONE,
            charOffset=INDEX,
            charLength=FROM_ZERO,
            byteOffset=INDEX,
            byteLength=FROM_ZERO,
        ),
        "anyOf": [{"required": [each]} for each in ("startLine", "charOffset", "byteOffset")],
    },
    "logicalLocation": exactly(
        "", "index fullyQualifiedName decoratedName parentIndex", name=TEXT, kind=TEXT
    ),
}

SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "definitions": DEFINITIONS,
    **exactly(
        "version runs",
        "inlineExternalProperties",
        **{"$schema": URI},
        version={"enum": ["2.1.0"]},
        runs=many(ref("run"), unique=False),
    ),
}
