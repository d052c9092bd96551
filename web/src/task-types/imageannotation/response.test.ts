import { describe, expect, it } from 'vitest';
import { workTask } from '../../testing/work-task';
import {
  addObject,
  areaFor,
  clipDraft,
  type ImageDraft,
  type ImageObject,
  initialDraft,
  removeObject,
  reorderObject,
} from './draft';
import { labelsFor, readParams } from './params';
import { problems, toResponse } from './response';

const params = readParams('imageannotation', {
  geometries: {
    box: {
      objects_to_annotate: ['truck', { choice: 'car', display: 'Car' }],
      min_width: '10',
      min_height: 10,
    },
    polygon: { objects_to_annotate: ['road'], min_vertices: 4 },
    point: { objects_to_annotate: ['hook'] },
    line: null,
  },
  annotation_attributes: {
    occluded: { choices: ['yes', 'no'], conditions: { label_condition: { label: 'car' } } },
    by: { type: 'text', conditions: { attribute_condition: { occluded: 'yes' } } },
    belongs_to: { type: 'linked', allowed_labels: ['truck'] },
    weather: { choices: ['dry', 'rain'], conditions: { is_global: true } },
  },
});

const box = (uuid: string, label: string | null, change: Partial<ImageObject> = {}): ImageObject => ({
  uuid,
  label,
  geometry: { type: 'box', left: 12.5, top: 40, width: 310, height: 122.75 },
  attributes: {},
  base: false,
  ...change,
});

const draftOf = (
  objects: ImageObject[],
  scene: ImageDraft['sceneAttributes'] = { weather: 'dry' },
): ImageDraft => ({
  objects,
  sceneAttributes: scene,
  nothing: false,
});

describe('response of imageannotation', () => {
  it('is exactly that of API v1, with only the attributes that are asked', () => {
    const draft = draftOf([
      box('6a2e', 'truck', { attributes: { occluded: 'yes' } }),
      {
        uuid: '99d0',
        label: 'hook',
        geometry: { type: 'point', x: 88, y: 130.5 },
        attributes: { belongs_to: '6a2e' },
        base: false,
      },
    ]);
    expect(toResponse(params, draft)).toEqual({
      annotations: [
        {
          uuid: '6a2e',
          type: 'box',
          label: 'truck',
          left: 12.5,
          top: 40,
          width: 310,
          height: 122.75,
          attributes: {},
        },
        { uuid: '99d0', type: 'point', label: 'hook', x: 88, y: 130.5, attributes: { belongs_to: '6a2e' } },
      ],
      links: [],
      global_attributes: { weather: 'dry' },
    });
  });

  it('of the older types holds annotations alone, without labels where none are wanted', () => {
    const old = readParams('annotation', {
      objects_to_annotate: ['cow'],
      with_labels: false,
      min_width: '30',
    });
    expect(labelsFor(old, 'box')).toEqual([]);
    expect(toResponse(old, draftOf([box('1', null)], {}))).toEqual({
      annotations: [
        { uuid: '1', type: 'box', left: 12.5, top: 40, width: 310, height: 122.75, attributes: {} },
      ],
    });
  });
});

describe('problems', () => {
  const messages = (draft: ImageDraft) =>
    problems(params, draft).map(({ path, message }) => `${path}: ${message}`);

  it('an empty answer needs the choice that there is nothing', () => {
    expect(messages(draftOf([]))).toEqual([
      'annotations: Draw at least one object or choose *Nothing to annotate*.',
    ]);
    expect(messages({ ...draftOf([]), nothing: true })).toEqual([]);
  });

  it('W26 name the object with its number, label and kind', () => {
    const small = { type: 'box', left: 0, top: 0, width: 4, height: 2 } as const;
    const road = {
      type: 'polygon',
      vertices: [
        { x: 0, y: 0 },
        { x: 5, y: 5 },
        { x: 0, y: 5 },
      ],
    } as const;
    expect(
      messages(
        draftOf([
          box('1', null),
          box('2', 'car'),
          box('3', 'truck', { geometry: small }),
          box('4', 'road', { geometry: { ...road, vertices: [...road.vertices] } }),
        ]),
      ),
    ).toEqual([
      'annotations[0].label: Object 1: choose a label.',
      'annotations[1].attributes.occluded: Object 2 (car): *occluded* is required.',
      'annotations[2]: Object 3 (truck, box): 4 × 2 px is smaller than the least size 10 × 10 px.',
      'annotations[3]: Object 4 (road, polygon): 3 vertices, at least 4.',
    ]);
  });

  it('ask for an attribute only while its conditions hold', () => {
    const car = (attributes: ImageObject['attributes']) => draftOf([box('1', 'car', { attributes })]);
    expect(messages(car({ occluded: 'no' }))).toEqual([]);
    expect(messages(car({ occluded: 'yes' }))).toEqual([
      'annotations[0].attributes.by: Object 1 (car): *by* is required.',
    ]);
  });

  it('ask for what belongs to the whole scene', () => {
    expect(messages({ ...draftOf([box('1', 'truck')], {}) })).toEqual([
      'global_attributes.weather: *weather* is required.',
    ]);
  });
});

describe('draft', () => {
  it('begins with what the customer sent, and keeps its uuids', () => {
    const task = workTask('imageannotation', {
      base_annotations: {
        annotations: [{ uuid: 'b', type: 'box', label: 'car', left: 1, top: 2, width: 3, height: 4 }],
      },
      hypothesis: {
        annotations: [
          {
            uuid: 'h',
            type: 'line',
            label: 'kerb',
            vertices: [
              { x: 1, y: 1 },
              { x: 2, y: 2 },
            ],
          },
        ],
        global_attributes: { weather: 'rain' },
      },
    });
    const draft = initialDraft(task);
    expect(draft.objects.map(({ uuid, base }) => [uuid, base])).toEqual([
      ['b', true],
      ['h', false],
    ]);
    expect(draft.sceneAttributes).toEqual({ weather: 'rain' });
  });

  it('is clipped to the picture once its size is known, and left alone when nothing lies outside', () => {
    const area = areaFor(params, { width: 100, height: 100 });
    const inside = draftOf([
      box('1', 'truck', { geometry: { type: 'box', left: 1, top: 1, width: 5, height: 5 } }),
    ]);
    expect(clipDraft(inside, params, area)).toBe(inside);
    const clipped = clipDraft(draftOf([box('1', 'truck')]), params, area);
    expect(clipped.objects[0]?.geometry).toEqual({
      type: 'box',
      left: 12.5,
      top: 40,
      width: 87.5,
      height: 60,
    });
  });

  it('takes links to a removed object along', () => {
    const draft = draftOf([box('1', 'truck'), box('2', 'hook', { attributes: { belongs_to: '1' } })]);
    expect(removeObject(draft, '1').objects).toEqual([box('2', 'hook')]);
  });

  it('changes the order of what lies over each other', () => {
    const draft = draftOf([box('1', 'a'), box('2', 'b')]);
    expect(reorderObject(draft, '1', 1).objects.map(({ uuid }) => uuid)).toEqual(['2', '1']);
    expect(reorderObject(draft, '1', -1)).toBe(draft);
  });

  it('forgets that there is nothing to annotate once something is drawn', () => {
    expect(addObject({ ...draftOf([]), nothing: true }, box('1', 'car')).nothing).toBe(false);
  });
});
