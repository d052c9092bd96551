import { imageTaskType } from '../imageannotation/image-task-type';

export const definition = imageTaskType('lineannotation');
