// The IAB's own decoders and encoders behind one line of JSON in, one out: {"result": ...} or {"error": "..."}.

import { createInterface } from "node:readline";
import { GppModel, Sections } from "@iabgpp/cmpapi";
import { GVL, PurposeRestriction, TCModel, TCString } from "@iabtechlabtcf/core";

const ids = (vector) => [...vector.set_].filter((id) => id > 0).sort((a, b) => a - b);

const read = {
  tcf(text) {
    const found = TCString.decode(text);
    return {
      created: found.created.getTime(),
      last_updated: found.lastUpdated.getTime(),
      cmp_id: found.cmpId,
      cmp_version: found.cmpVersion,
      screen: found.consentScreen,
      language: found.consentLanguage,
      list_version: found.vendorListVersion,
      policy_version: found.policyVersion,
      service_specific: found.isServiceSpecific,
      non_standard_texts: found.useNonStandardTexts,
      special_features: ids(found.specialFeatureOptins),
      purposes: ids(found.purposeConsents),
      interests: ids(found.purposeLegitimateInterests),
      purpose_one_treatment: found.purposeOneTreatment,
      country: found.publisherCountryCode,
      vendors: ids(found.vendorConsents),
      vendor_interests: ids(found.vendorLegitimateInterests),
      disclosed: ids(found.vendorsDisclosed),
      allowed: ids(found.vendorsAllowed),
      restrictions: found.publisherRestrictions
        .getRestrictions()
        .map((each) => [each.purposeId, each.restrictionType, found.publisherRestrictions.getVendors(each)]),
      publisher: ids(found.publisherConsents),
      publisher_interests: ids(found.publisherLegitimateInterests),
      own: ids(found.publisherCustomConsents),
      own_interests: ids(found.publisherCustomLegitimateInterests),
    };
  },
  gpp(text) {
    const found = new GppModel(text);
    const whole = found.toObject();
    return Object.fromEntries(found.getSectionIds().map((id) => [id, whole[Sections.SECTION_ID_NAME_MAP.get(id)]]));
  },
};

// A vendor list made up for the encoder: every vendor may have every purpose on either ground.
const purposes = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [at + 1, { id: at + 1 }]));
const every = Object.keys(purposes).map(Number);
const vendors = Object.fromEntries(
  Array.from({ length: 1200 }, (_, at) => at + 1).map((id) => [
    id,
    { id, name: `${id}`, purposes: every, legIntPurposes: every, flexiblePurposes: every, specialPurposes: [], features: [], specialFeatures: [] },
  ]),
);
const list = new GVL({
  gvlSpecificationVersion: 3, vendorListVersion: 50, tcfPolicyVersion: 5, lastUpdated: "2026-11-01T00:00:00Z",
  purposes, specialPurposes: {}, features: {}, specialFeatures: { 1: { id: 1 }, 2: { id: 2 } }, stacks: {}, dataCategories: {}, vendors,
});

const write = {
  tcf(told) {
    const model = new TCModel(list);
    Object.assign(model, { cmpId: told.cmp_id, cmpVersion: 1, consentScreen: 1, isServiceSpecific: true, publisherCountryCode: told.country });
    model.purposeConsents.set(told.purposes);
    model.purposeLegitimateInterests.set(told.interests);
    model.specialFeatureOptins.set(told.special_features);
    model.vendorConsents.set(told.vendors);
    model.vendorLegitimateInterests.set(told.vendor_interests);
    model.vendorsDisclosed.set(told.disclosed);
    model.publisherConsents.set(told.publisher);
    for (const [purpose, kind, ids] of told.restrictions) {
      for (const id of ids) model.publisherRestrictions.add(id, new PurposeRestriction(purpose, kind));
    }
    model.created = model.lastUpdated = new Date(told.created);
    return TCString.encode(model);
  },
  gpp(sections) {
    const model = new GppModel();
    for (const [name, fields] of Object.entries(sections)) {
      for (const [field, value] of Object.entries(fields)) model.setFieldValue(name, field, value);
    }
    return model.encode();
  },
};

const act = { read, write };

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, kind, given] = JSON.parse(line);
  let answer;
  try {
    answer = { result: act[verb][kind](given) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
